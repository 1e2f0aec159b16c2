"""The incident report: what every question says of an incident, in the sections of NIST SP 800-61, as one answer.

``incident`` asks; ``render`` writes the answer as one HTML page, as Markdown or as JSON.
"""

from forensics.report.incident.assembly import incident
from forensics.report.incident.formats import FORMATS, MOST, render
from forensics.report.incident.sections import AUDIENCES, SECTIONS, Section

__all__ = ["AUDIENCES", "FORMATS", "MOST", "SECTIONS", "Section", "incident", "render"]
