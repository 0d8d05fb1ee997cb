"""How well the product translates what it was trained on: the exported model, beam search, BLEU."""
