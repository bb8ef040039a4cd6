"""Each stage of a night leaves one line in the log: its name, its counts and its seconds, and nothing of a person (Q5)."""

import logging

from factories import relation


def test_q5_a_night_logs_one_line_a_stage_with_counts_and_no_name(sqlite_office, caplog):
    office = sqlite_office
    office.bring(relation("R1", "2026-11-20"), relation("R2", ""), relation("R3", "2027-11-20"))
    office.put_on("R1", "R2", "R3")
    with caplog.at_level(logging.INFO, logger="relance.stages"):
        office.night()
    lines = [record.getMessage() for record in caplog.records if record.name == "relance.stages"]
    counts = {line.split()[0]: line.split()[1:4] for line in lines}
    assert list(counts) == [
        "extract_relations",
        "validate",
        "find_date_changes",
        "plan",
        "materialise",
        "compose",
        "deliver",
        "write_report",
    ]
    assert counts["extract_relations"] == ["rows_in=0", "rows_out=3", "set_aside=0"]
    assert counts["plan"] == ["rows_in=0", "rows_out=3", "set_aside=2"]
    assert counts["materialise"] == ["rows_in=1", "rows_out=1", "set_aside=0"]
    assert all(line.split()[4].startswith("seconds=") for line in lines)
    assert not [word for word in ("Jeanne", "Martin", "jeanne@") if word in caplog.text]
