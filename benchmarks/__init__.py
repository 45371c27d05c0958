"""What speed and memory are, side by side in one run and as ratios. Never run by the tests."""
