"""How much of a code base can migrate: one report over many scripts, drawn as text, JSON or a page.

``collect`` looks at the scripts, ``values`` says what was found, and ``text``, ``document`` and
``page`` draw it. What becomes of a script is decided by ``batch``, as for a conversion.
"""
