"""A home's forms and rules, checked against one another and against the rest of the home (W1, W2)."""

import json

import pytest
from click.testing import CliRunner

from flows.cli import relance
from flows.home.settings import load_settings
from tasks.domain.definitions.yaml_models import DefinitionError

FORM = """\
form: {name}
on: activities
order: {order}
fields: {{location: {state}}}
"""
RULE = """\
rule: {name}
on: activities
when: {when}
do: [{{set: {sets}}}]
"""


def write(home, folder, name, text):
    (home / folder).mkdir(exist_ok=True)
    (home / folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def refused(home):
    with pytest.raises(DefinitionError) as error:
        load_settings(home, {})
    return str(error.value)


def rule(home, name, when, sets):
    write(home, "rules", name, RULE.format(name=name, when=when, sets=sets))


def test_w1_forms_of_one_order_that_disagree_are_refused_at_load(home):
    write(home, "forms", "one", FORM.format(name="one", order=10, state="required"))
    write(home, "forms", "two", FORM.format(name="two", order=10, state="hidden"))
    assert "forms/two.yaml:1: order: it says hidden of location, forms/one.yaml says required" in refused(home)
    write(home, "forms", "two", FORM.format(name="two", order=20, state="hidden"))
    assert {"one", "two"} <= set(load_settings(home, {}).forms)


def test_w2_rules_that_contradict_each_other_are_refused_at_load(home):
    rule(home, "one", "{kind: call}", "{status: held}")
    rule(home, "two", "{location: {empty: true}}", "{status: cancelled}")
    assert "rules/two.yaml:1: do: it sets status to 'cancelled', rules/one.yaml sets it to 'held'" in refused(home)
    rule(home, "two", "{kind: meeting}", "{status: cancelled}")
    assert {"one", "two"} <= set(load_settings(home, {}).rules)


def test_w2_rules_that_set_each_other_off_are_refused_with_their_path(home):
    rule(home, "one", "{kind: call}", "{status: held}")
    rule(home, "two", "{status: held}", "{location: Paris}")
    rule(home, "three", "{location: Paris}", "{kind: call}")
    assert "one → two → three → one" in refused(home)


def test_a_rule_needs_its_message_and_its_template(home):
    text = (
        "rule: one\non: activities\ndo:\n  - mail: {message: nothing-such, to: contact}\n  - task: {template: none}\n"
    )
    write(home, "rules", "one", text)
    said = refused(home)
    assert "rules/one.yaml:1: do: message 'nothing-such' does not exist in any language" in said
    assert "rules/one.yaml:1: do: there is no template 'none'; there are " in said


def test_a_mistyped_data_field_is_seen_by_the_name_that_it_is_nearly(home):
    text = "rule: one\non: relations\nwhen: {emial: {empty: true}}\ndo: [{set: {language: fr}}]\n"
    write(home, "rules", "one", text)
    assert "no file of this home names a data field 'emial'; is 'email' meant?" in refused(home)
    write(home, "rules", "one", text.replace("emial", "shoe_size"))
    assert "one" in load_settings(home, {}).rules


@pytest.mark.parametrize("kind", ["update_group", "form", "rule"])
def test_the_schema_of_each_kind_of_file_is_printed(home, kind):
    printed = CliRunner().invoke(relance, ["schema", kind])
    assert printed.exit_code == 0
    assert json.loads(printed.stdout)["type"] == "object"
