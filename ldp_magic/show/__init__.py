"""Values -> text, HTML, SVG, JSON: one file, or one folder, per thing shown. Nothing here reads a file or runs."""
