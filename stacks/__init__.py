"""What is deployed: one module or package per stack, one construct per capability."""
