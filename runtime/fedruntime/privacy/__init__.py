"""What leaves a party and who may let it: the ledger now; policies and budgets belong here."""
