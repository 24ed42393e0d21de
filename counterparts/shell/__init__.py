"""What every counterpart process needs and none of them owns: environment, language, outage, health."""
