"""The serving process beside CTranslate2 itself and beside Hugging Face's Marian."""
