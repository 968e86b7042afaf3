"""Auditing the data of APPS: are its problems, its tests and its reference solutions what they should be?"""
