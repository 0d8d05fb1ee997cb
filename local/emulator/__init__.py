"""Everything that changes ministack, version 1.5.33: each change with the reason for it."""
