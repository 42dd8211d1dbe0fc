"""The pages on who may read what: questionnaires, paper, professional investors, the policy."""
