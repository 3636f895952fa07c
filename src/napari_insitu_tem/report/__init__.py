"""Results for others: tables, figures and movies for publication, made off screen."""
