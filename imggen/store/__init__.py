"""Where weights come from and go: checkpoint folders, the catalogue, the Hugging Face Hub, and foreign formats."""
