"""Who may read what: questionnaires, paper, professional investors, and the policy."""
