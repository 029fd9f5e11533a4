"""What the tool knows about scikit-learn, pandas and numpy, as data; nothing here decides."""
