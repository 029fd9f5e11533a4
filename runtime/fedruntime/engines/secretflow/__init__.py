"""SecretFlow as an engine: its devices host the parties, its links carry the messages. One file a
concern; SecretFlow itself is imported by what talks to it, when an engine is opened.
"""
