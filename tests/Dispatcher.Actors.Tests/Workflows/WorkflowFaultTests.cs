using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Workflows;

public class WorkflowFaultTests
{
    // In each case the definition is valid but for what is given; step keys begin in line 6, top keys in line 3.
    [Theory]
    [InlineData("    nedds: [a]", "UNKNOWN_KEY", 6, 5, "did you mean 'needs'?")]
    [InlineData("    needs: audio", "WRONG_TYPE", 6, 12, "must be a list")]
    [InlineData("    needs: [b]", "UNKNOWN_STEP", 6, 13, "step 'a', needs[0]: there is no step 'b'")]
    [InlineData("    needs: [a]", "CYCLE", 6, 12, "a -> a")]
    [InlineData("    needs: [5]", "WRONG_TYPE", 6, 13, "must be a text, not a number")]
    [InlineData("    timeout: 5", "INVALID_VALUE", 6, 14, "30s")]
    [InlineData("    timeout: 0s", "INVALID_VALUE", 6, 14, "more than 0s")]
    [InlineData("    timeout: 1m1h", "INVALID_VALUE", 6, 14, "not '1m1h'")]
    [InlineData("    timeout: 400d", "INVALID_VALUE", 6, 14, "at most 366d")]
    [InlineData("    timeout: [1]", "WRONG_TYPE", 6, 14, "not a list")]
    [InlineData("    heartbeat_timeout: never", "INVALID_VALUE", 6, 24, "heartbeat_timeout")]
    [InlineData("    estimated_duration: 0ms", "INVALID_VALUE", 6, 25, "more than 0s")]
    [InlineData("    stage: Render", "INVALID_VALUE", 6, 12, "a stage's name")]
    [InlineData("    on_error: ignore", "INVALID_VALUE", 6, 15, "fail or continue")]
    [InlineData("    max_concurrency: 4", "INVALID_VALUE", 6, 22, "only with for_each")]
    [InlineData("    for_each: [1]\n    max_concurrency: 10001", "INVALID_VALUE", 7, 22, "0 to 10000")]
    [InlineData("    for_each: [1]\n    max_concurrency: -1", "INVALID_VALUE", 7, 22, "0 to 10000")]
    [InlineData("    for_each: items", "WRONG_TYPE", 6, 15, "list")]
    [InlineData("    for_each: ${len(input)}", "EXPRESSION", 6, 17, "must be a list, and len(input) is a number")]
    [InlineData("    when: input.ok", "WRONG_TYPE", 6, 11, "${...}")]
    [InlineData("    when: ${'yes'}", "EXPRESSION", 6, 13, "must be true or false")]
    [InlineData("    with: 5", "WRONG_TYPE", 6, 11, "must be an object")]
    [InlineData("    retry: 5", "WRONG_TYPE", 6, 12, "max_attempts")]
    [InlineData("    retry: { max_attempts: 0 }", "INVALID_VALUE", 6, 28, "1 to 1000")]
    [InlineData("    retry: { max_attempts: 1001 }", "INVALID_VALUE", 6, 28, "1 to 1000")]
    [InlineData("    retry: { max_attempts: 1.5 }", "INVALID_VALUE", 6, 28, "whole number")]
    [InlineData("    retry: { backoff: linear }", "INVALID_VALUE", 6, 23, "constant or exponential")]
    [InlineData("    retry: { factor: 0.5 }", "INVALID_VALUE", 6, 22, "1 to 100")]
    [InlineData("    retry: { jitter: 1.1 }", "INVALID_VALUE", 6, 22, "0 to 1")]
    [InlineData("    retry: { initial: 5s, max: 1s }", "INVALID_VALUE", 6, 32, "less than initial (5s)")]
    [InlineData("    retry: { max_elapsed: 0s }", "INVALID_VALUE", 6, 27, "more than 0s")]
    [InlineData("    retry: { max_elapsed: 900 }", "INVALID_VALUE", 6, 27, "30s")]
    [InlineData("    retry: { max_elapsed: 367d }", "INVALID_VALUE", 6, 27, "at most 366d")]
    [InlineData("    retry: { initial: 5s, max_elapsed: 4s }", "INVALID_VALUE", 6, 40, "less than initial (5s)")]
    [InlineData("    retry: { max_elapsd: 4s }", "UNKNOWN_KEY", 6, 14, "did you mean 'max_elapsed'?")]
    [InlineData("    retry: { on: [permanent] }", "INVALID_VALUE", 6, 19, "never tried again")]
    [InlineData("    retry: { on: [transent] }", "INVALID_VALUE", 6, 19, "did you mean 'transient'?")]
    [InlineData("    retry: { on: [] }", "INVALID_VALUE", 6, 18, "max_attempts: 1")]
    [InlineData("    retry: { tries: 4 }", "UNKNOWN_KEY", 6, 14, "known are max_attempts")]
    [InlineData("    artifacts: [ { name: x } ]", "MISSING_KEY", 6, 18, "'path' is missing")]
    [InlineData("    artifacts: [ { name: x, path: ../y } ]", "INVALID_VALUE", 6, 35, "leads out of the folder")]
    [InlineData("    artifacts: [ { name: x, path: /y } ]", "INVALID_VALUE", 6, 35, "is absolute")]
    [InlineData("    artifacts: [ { name: x, path: 'C:/y' } ]", "INVALID_VALUE", 6, 35, "is absolute")]
    [InlineData("    artifacts: [ { name: x, path: 'a\\b' } ]", "INVALID_VALUE", 6, 35, "backslash")]
    [InlineData("    artifacts: [ { name: x, path: 'a/${job.id}/../b' } ]", "INVALID_VALUE", 6, 35, "leads out")]
    [InlineData("    artifacts: [ { name: x, path: y }, { name: x, path: z } ]", "DUPLICATE", 6, 48, "is called 'x'")]
    [InlineData("    uses: fail", "DUPLICATE", 6, 5, "twice")]
    [InlineData("  - id: a\n    uses: noop", "DUPLICATE", 6, 9, "another step is called 'a'")]
    [InlineData("  - uses: noop", "MISSING_KEY", 6, 5, "steps[1]: the key 'id' is missing")]
    [InlineData("  - id: b", "MISSING_KEY", 6, 5, "step 'b': the key 'uses' is missing")]
    [InlineData("  - noop", "WRONG_TYPE", 6, 5, "must be an object")]
    [InlineData("  - id: 1b\n    uses: noop", "INVALID_VALUE", 6, 9, "^[a-z][a-z0-9_-]{0,62}$")]
    [InlineData("  - id: b\n    uses: No op", "INVALID_VALUE", 7, 11, "a handler's name")]
    public void Parse_NamesTheFault_WhenAStepIsWrong(string step, string code, int line, int column, string message) =>
        AssertOne(Examples.OneStep(step), code, line, column, message);

    [Theory]
    [InlineData("descripton: x\n", "UNKNOWN_KEY", 3, 1, "did you mean 'description'?")]
    [InlineData("description: 5\n", "WRONG_TYPE", 3, 14, "quote it")]
    [InlineData("approval: true\n", "WRONG_TYPE", 3, 11, "not true or false")]
    [InlineData("approval: maybe\n", "INVALID_VALUE", 3, 11, "must be required")]
    [InlineData("approval: { deadline: 0s }\n", "INVALID_VALUE", 3, 23, "more than 0s")]
    [InlineData("approval: { deadline: 1h, on_timeout: wait }\n", "INVALID_VALUE", 3, 39, "must be reject or approve")]
    [InlineData("approval: { on_timeout: approve }\n", "INVALID_VALUE", 3, 25, "only with a deadline")]
    [InlineData("approval: { required: false, deadline: 1h }\n", "INVALID_VALUE", 3, 40, "only if the approval is required")]
    [InlineData("approval: { required: yes }\n", "WRONG_TYPE", 3, 23, "must be true or false, not 'yes'")]
    [InlineData("approval: { deadlin: 1h }\n", "UNKNOWN_KEY", 3, 13, "did you mean 'deadline'?")]
    [InlineData("max_recovery_attempts: 11\n", "INVALID_VALUE", 3, 24, "1 to 10")]
    [InlineData("max_recovery_attempts: 0\n", "INVALID_VALUE", 3, 24, "1 to 10")]
    [InlineData("timeout: 2\n", "INVALID_VALUE", 3, 10, "not 2")]
    [InlineData("input: { type: objct }\n", "SCHEMA", 3, 16, "did you mean 'object'?")]
    [InlineData("input: { properties: { a: { typ: string } } }\n", "SCHEMA", 3, 34, "this keyword is not supported (did you mean 'type'?)")]
    [InlineData("input: { pattern: '(?=a)' }\n", "SCHEMA", 3, 19, "look-around")]
    [InlineData("input: 5\n", "SCHEMA", 3, 8, "a schema is an object")]
    [InlineData("output: \"${steps.b.output}\"\n", "EXPRESSION", 3, 18, "there is no step 'b'")]
    [InlineData("output: \"${item}\"\n", "EXPRESSION", 3, 12, "has for_each")]
    [InlineData("x: &a 1\ninput: { const: *a }\n", "SYNTAX", 4, 17, "aliases")]
    [InlineData("input: !!map {}\n", "SYNTAX", 3, 8, "tags")]
    [InlineData("input: { const: .inf }\n", "INVALID_VALUE", 3, 17, "no number that JSON can hold")]
    [InlineData("? [1]\n: 2\n", "SYNTAX", 3, 3, "a key must be a text")]
    public void Parse_NamesTheFault_WhenTheTopIsWrong(string top, string code, int line, int column, string message)
    {
        var faults = Examples.FaultsOf(Examples.OneStep("", top));
        Assert.Contains(faults, fault => fault.Code == code && fault.Line == line && fault.Column == column && fault.Message.Contains(message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("name: Demo\nversion: 1\nsteps: [{id: a, uses: noop}]", "INVALID_VALUE", 1, 7, "^[a-z][a-z0-9-]{0,62}$")]
    [InlineData("name: demo\nversion: 0\nsteps: [{id: a, uses: noop}]", "INVALID_VALUE", 2, 10, "1 to 2147483647")]
    [InlineData("name: demo\nversion: '1'\nsteps: [{id: a, uses: noop}]", "INVALID_VALUE", 2, 10, "not '1'")]
    [InlineData("name: 2024\nversion: 1\nsteps: [{id: a, uses: noop}]", "WRONG_TYPE", 1, 7, "must be a text, not a number; quote it")]
    [InlineData("name: demo\nversion: 1\nsteps: []", "INVALID_VALUE", 3, 8, "at least one step")]
    [InlineData("name: demo\nversion: 1\nsteps:", "WRONG_TYPE", 3, 7, "must be a list, not null")]
    [InlineData("name: demo\nversion: 1", "MISSING_KEY", 1, 1, "'steps' is missing")]
    [InlineData("", "SYNTAX", 1, 1, "empty")]
    [InlineData("# nothing\n", "SYNTAX", 1, 1, "empty")]
    [InlineData("- a", "WRONG_TYPE", 1, 1, "must be an object")]
    [InlineData("just text", "WRONG_TYPE", 1, 1, "not a text")]
    [InlineData("a: [1", "SYNTAX", 1, 5, "not YAML")]
    [InlineData("a: { b: ${input.x} }", "SYNTAX", 1, 10, "YAML wants quotes: \"${...}\"")]
    [InlineData("a: [ x${input.x} ]", "SYNTAX", 1, 8, "YAML wants quotes: \"${...}\"")]
    [InlineData("a: 1\n---\nb: 2", "SYNTAX", 2, 1, "second document")]
    [InlineData("{", "SYNTAX", 1, 2, "not JSON")]
    [InlineData("{\"name\": \"demo\",\n \"version\": 1,\n \"version\": 2, \"steps\": [{\"id\":\"a\",\"uses\":\"noop\"}]}", "DUPLICATE", 3, 2, "twice")]
    [InlineData("{\"name\": \"demo\", \"version\": 1,\n \"steps\": [{\"id\":\"ä\",\n \"uses\":\"noop\", \"timeout\": 5}]}", "INVALID_VALUE", 3, 28, "timeout")]
    [InlineData("{\"name\": \"demo\", \"version\": 1, \"steps\": [{\"id\":\"a\",\"uses\":\"noop\"}]} x", "SYNTAX", 1, 69, "not JSON")]
    [InlineData("{\"name\": \"\\ud800\"}", "SYNTAX", 1, 10, "surrogate")]
    [InlineData("name: \"\\uD800\"", "SYNTAX", 1, 7, "")]
    public void Parse_NamesTheFault_WhenTheDocumentIsWrong(string text, string code, int line, int column, string message)
    {
        var faults = Examples.FaultsOf(text);
        Assert.True(
            Array.Exists(faults, fault => fault.Code == code && fault.Line == line && fault.Column == column && fault.Message.Contains(message, StringComparison.Ordinal)),
            string.Join('\n', faults.Select(fault => $"{fault.Code} {fault}")));
    }

    [Fact]
    public void Parse_ListsEveryFault_WhenThereAreMany()
    {
        const string Text = """
            name: Talk
            version: -1
            colour: red
            steps:
              - id: a
                uses: noop
                needs: [b, x]
                timeout: soon
                with: { v: "${inptu.x}", w: ["${steps.c.output}"] }
              - id: b
                uses: noop
                needs: [c]
              - id: c
                uses: noop
                needs: [a]
            """;
        var exception = Assert.Throws<WorkflowDefinitionException>(() => WorkflowDefinition.Parse(Text, "talk.yaml"));
        Assert.Equal("talk.yaml", exception.SourceName);
        Assert.Equal(
            [
                "The workflow definition talk.yaml has 7 faults:",
                "talk.yaml:1:7: name: 'Talk' is not a workflow's name: it must match ^[a-z][a-z0-9-]{0,62}$",
                "talk.yaml:2:10: version: must be a whole number, 1 to 2147483647, not -1",
                "talk.yaml:3:1: colour: unknown key; known are name, version, description, approval, max_recovery_attempts, timeout, quota, input, steps, output",
                "talk.yaml:7:12: step 'a', needs: the steps wait for each other: a -> b -> c -> a",
                "talk.yaml:7:16: step 'a', needs[1]: there is no step 'x'; steps are a, b, c",
                "talk.yaml:8:14: step 'a', timeout: must be a duration such as 500ms, 30s, 1h30m or PT1H30M, more than 0s and at most 366d, not 'soon'",
                "talk.yaml:9:19: step 'a', with.v: character 3: unknown name 'inptu' (did you mean 'input'?); names are input, steps, item, item_index, job, env, and texts are quoted",
            ],
            exception.Message.Split('\n'));
        Assert.Equal("steps[0].with.v", exception.Faults[^1].Path);
    }

    [Fact]
    public void Parse_NamesEachRingOnce_WhenThereAreTwo()
    {
        const string Text = """
            name: rings
            version: 1
            steps:
              - { id: a, uses: noop, needs: [b] }
              - { id: b, uses: noop, needs: [a] }
              - { id: c, uses: noop, needs: [d, a] }
              - { id: d, uses: noop, needs: [c] }
            """;
        var messages = Examples.FaultsOf(Text).Select(fault => fault.Message.Split(": ")[^1]);
        Assert.Equal(["a -> b -> a", "c -> d -> c"], messages);
    }

    [Fact]
    public void Parse_RefusesTheDocument_WhenItIsTooLarge()
    {
        var fault = Assert.Single(Examples.FaultsOf(Examples.OneStep("") + "\n#" + new string('x', WorkflowLimits.DocumentBytes)));
        Assert.Equal(("TOO_LARGE", 1, 1), (fault.Code, fault.Line, fault.Column));
    }

    [Fact]
    public void Parse_RefusesTheDocument_WhenItNestsTooDeep()
    {
        var yaml = Examples.FaultsOf(Examples.OneStep($"    with: {{ a: {new string('[', 200)}{new string(']', 200)} }}"));
        Assert.Equal("TOO_LARGE", Assert.Single(yaml).Code);
        var json = Examples.FaultsOf("{\"name\":" + new string('[', 200) + new string(']', 200) + "}");
        Assert.Equal("SYNTAX", Assert.Single(json).Code);
    }

    [Fact]
    public void Parse_RefusesTheSteps_WhenThereAreTooMany()
    {
        var steps = string.Concat(Enumerable.Range(0, 101).Select(i => $"  - {{ id: s{i}, uses: noop }}\n"));
        AssertOne("name: demo\nversion: 1\nsteps:\n" + steps, "TOO_LARGE", 4, 3, "at most 100 items, not 101");
    }

    [Fact]
    public void Parse_StopsListing_WhenThereAreVeryManyFaults()
    {
        var faults = Examples.FaultsOf(string.Concat(Enumerable.Range(0, 500).Select(i => $"key{i}: 1\n")));
        Assert.Equal(WorkflowLimits.Faults + 1, faults.Length);
        Assert.Equal("and 403 more faults", faults[^1].Message);
    }

    private static void AssertOne(string text, string code, int line, int column, string message)
    {
        var fault = Assert.Single(Examples.FaultsOf(text));
        Assert.Equal((code, line, column), (fault.Code, fault.Line, fault.Column));
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }
}
