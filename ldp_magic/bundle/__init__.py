"""Bundles, open-source projects and CI files out of a project, and projects out of what others wrote."""
