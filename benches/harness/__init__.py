"""Runs rulec, its peers and the limits of kit/ side by side and compares them. Needs Python 3.9 and nothing else."""
