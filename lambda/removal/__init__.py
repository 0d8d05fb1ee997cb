"""A custom resource that, when its stack is destroyed, removes what would stay and be billed."""
