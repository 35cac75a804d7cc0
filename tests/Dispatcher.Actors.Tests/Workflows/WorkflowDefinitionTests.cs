using System.Globalization;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Workflows;

public class WorkflowDefinitionTests
{
    [Fact]
    public void Parse_ReadsTheWholeExample_WhenItIsThatOfTheSpecification()
    {
        var definition = WorkflowDefinition.Parse(Examples.TalkVideo, "talk.yaml");
        Assert.Equal(("talk-video", 3, true, 3, TimeSpan.FromHours(2)), (definition.Name, definition.Version, definition.ApprovalRequired, definition.MaxRecoveryAttempts, definition.Timeout));
        Assert.Equal("Cut the pauses out of a recorded talk", definition.Description);
        Assert.Equal(["audio", "scenes", "render", "stitch", "review"], definition.Steps.Select(step => step.Id));
        Assert.Equal(["process.run", "media.detect-silence", "media.render-scene", "media.concat", "approval"], definition.Steps.Select(step => step.Uses));

        var audio = definition.Steps[0];
        Assert.Equal((TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(20), 20d), (audio.Plan.Timeout, audio.EstimatedDuration, audio.Plan.Weight));
        Assert.Equal((4, BackoffKind.Exponential, 0.2), (audio.Plan.Retry.MaxAttempts, audio.Plan.Retry.Backoff, audio.Plan.Retry.Jitter));
        Assert.Equal([ErrorClass.Transient, ErrorClass.Timeout], audio.Plan.Retry.On.ToArray());
        Assert.Equal("""{"args":["-i","talk.mp4","/data/job/audio/talk.wav"],"command":"ffmpeg"}""", audio.With!.Evaluate(new FixedScope())!.Value.GetRawText());
        Assert.Equal("audio/talk.wav", Assert.Single(audio.Artifacts).Path.Evaluate(new FixedScope())!.Value.GetString());

        var render = definition.Steps[2];
        Assert.Equal((true, 4, OnError.Continue, "render"), (render.Plan.IsFanOut, render.Plan.MaxConcurrency, render.Plan.OnError, render.Plan.Stage));
        Assert.Equal([1], render.Plan.Needs.ToArray());
        Assert.Equal(["scenes"], render.Needs.ToArray());
        Assert.Equal("""{"end":2,"index":7,"start":1.5,"video":"talk.mp4"}""", render.With!.Evaluate(new FixedScope())!.Value.GetRawText());
        Assert.Equal(20, render.Plan.Weight);
        Assert.NotNull(definition.Steps[4].When);
        Assert.NotNull(definition.Output);
        Assert.Equal("approval", definition.Steps[4].Plan.Stage);
        Assert.Same(definition.Plan.Steps[0], definition.Steps[0].Plan);
        Assert.Equal(new WorkflowReference("talk-video", 3, definition.Hash), definition.Reference);
        Assert.Matches("^[0-9a-f]{64}$", definition.Hash);
    }

    [Fact]
    public void CanonicalJson_GivesTheSameDefinition_WhenItIsParsedAgain()
    {
        var first = WorkflowDefinition.Parse(Examples.TalkVideo);
        var second = WorkflowDefinition.Parse(first.CanonicalJson);
        Assert.Equal(first.CanonicalJson, second.CanonicalJson);
        Assert.Equal(first.Hash, second.Hash);
        Assert.Equal(JsonSerializer.Serialize(first.Plan), JsonSerializer.Serialize(second.Plan));
    }

    [Fact]
    public void Hash_StaysTheSame_WhenTheProgramChanges()
    {
        // Stored jobs pin this: if it changes, jobs that were submitted before an upgrade are lost.
        var definition = WorkflowDefinition.Parse(Examples.OneStep("    retry: { max_attempts: 2 }"));
        Assert.Equal("""{"name":"demo","steps":[{"id":"a","retry":{"max_attempts":2},"uses":"noop"}],"version":1}""", definition.CanonicalJson);
        Assert.Equal("fa4c9feb", definition.Hash[..8]);
    }

    [Fact]
    public void MaxElapsed_IsTheSame_InYamlJsonAndTheBuilder_AndAbsentWhereNobodyWritesIt()
    {
        var yaml = WorkflowDefinition.Parse(Examples.OneStep("    retry: { max_elapsed: 900s }"));
        Assert.Equal("""{"name":"demo","steps":[{"id":"a","retry":{"max_elapsed":"15m"},"uses":"noop"}],"version":1}""", yaml.CanonicalJson);
        Assert.Equal(TimeSpan.FromMinutes(15), yaml.Plan.Steps[0].Retry.MaxElapsed);
        var built = WorkflowDefinition.Create("demo", version: 1).Step("a", "noop", retry: new RetryPolicy { MaxElapsed = TimeSpan.FromMinutes(15) }).Build();
        Assert.Equal((yaml.Hash, yaml.Hash), (built.Hash, WorkflowDefinition.Parse(yaml.CanonicalJson).Hash));
        Assert.Null(WorkflowDefinition.Parse(Examples.OneStep("")).Plan.Steps[0].Retry.MaxElapsed);
    }

    [Fact]
    public void Hash_IsEqual_WhenYamlJsonAndTheBuilderSayTheSame()
    {
        var yaml = WorkflowDefinition.Parse("""
            version: 1
            name: dataset-build
            description: Builds a dataset
            max_recovery_attempts: 5
            approval: required
            timeout: 90m
            input: { type: object, required: [url], properties: { url: { type: string } } }
            steps:
              - id: download
                uses: http.request
                retry: { max_attempts: 4, backoff: exponential, initial: 1000ms, factor: 2.0, jitter: 0.10, on: [timeout, transient] }
                estimated_duration: 300s
                with: { url: "${input.url}", tries: 3, ratio: 0.5 }
                on_error: fail
              - id: validate
                needs: [other, download]
                uses: worker
                timeout: 600s
                heartbeat_timeout: 1m
                stage: slow
                when: '${steps.download.status == "completed"}'
                for_each: "${steps.download.output}"
                max_concurrency: 2
                on_error: continue
                artifacts: [ { name: report, path: "report-${item_index}.txt" } ]
              - { id: other, uses: noop }
            output: { count: "${len(steps.validate.output)}" }
            """);
        var json = WorkflowDefinition.Parse(JsonSerializer.Serialize(Examples.Json(yaml.CanonicalJson), new JsonSerializerOptions { WriteIndented = true }));
        var built = WorkflowDefinition.Create("dataset-build", version: 1)
            .Description("Builds a dataset").MaxRecoveryAttempts(5).Approval().Timeout(TimeSpan.FromMinutes(90))
            .Input("""{"type":"object","required":["url"],"properties":{"url":{"type":"string"}}}""")
            .Step("download", "http.request", retry: new RetryPolicy { Jitter = 0.1, On = [ErrorClass.Transient, ErrorClass.Timeout] },
                estimatedDuration: TimeSpan.FromMinutes(5), with: new { url = "${input.url}", tries = 3, ratio = 0.5 })
            .Step("validate", "worker", needs: ["download", "other"], timeout: TimeSpan.FromMinutes(10), heartbeatTimeout: TimeSpan.FromMinutes(1), stage: "slow",
                when: "${steps.download.status == \"completed\"}", forEach: "${steps.download.output}", maxConcurrency: 2, onError: OnError.Continue,
                artifacts: new Dictionary<string, string>(StringComparer.Ordinal) { ["report"] = "report-${item_index}.txt" })
            .Step("other", "noop")
            .Output(new { count = "${len(steps.validate.output)}" })
            .Build();
        Assert.Equal(yaml.CanonicalJson, json.CanonicalJson);
        Assert.Equal(yaml.CanonicalJson, built.CanonicalJson);
        Assert.Equal(yaml.Hash, built.Hash);
        Assert.Equal([0, 2], built.Steps[1].Plan.Needs.ToArray());
        Assert.Equal(JsonSerializer.Serialize(yaml.Plan), JsonSerializer.Serialize(built.Plan));
    }

    [Fact]
    public void CanonicalJson_LeavesDefaultsOut_WhenTheyAreWritten()
    {
        var written = WorkflowDefinition.Parse(Examples.OneStep(
            "    needs: []\n    on_error: fail\n    artifacts: []\n    retry: { max_attempts: 4, initial: 1s, factor: 2, max: 60s, jitter: 0, backoff: exponential, on: [worker-lost, transient, timeout] }",
            "max_recovery_attempts: 3\n"));
        Assert.Equal(WorkflowDefinition.Parse(Examples.OneStep("")).CanonicalJson, written.CanonicalJson);
    }

    [Fact]
    public void Build_ListsEveryFault_WhenThereAreMany()
    {
        var builder = WorkflowDefinition.Create("Demo", version: 0)
            .Input("{")
            .Step("a", "noop", retries: -1, timeout: TimeSpan.FromTicks(1), with: new { self = typeof(string) })
            .Step("a", "no op", needs: ["zz"], retries: 1, retry: RetryPolicy.Default)
            .Output("${steps.b.output}");
        var exception = Assert.Throws<WorkflowDefinitionException>(builder.Build);
        Assert.Equal(
            ["SCHEMA", "WRONG_TYPE", "INVALID_VALUE", "INVALID_VALUE", "INVALID_VALUE", "INVALID_VALUE", "INVALID_VALUE", "INVALID_VALUE", "DUPLICATE", "UNKNOWN_STEP", "EXPRESSION"],
            exception.Faults.Select(fault => fault.Code));
        Assert.All(exception.Faults, fault => Assert.Equal((0, 0), (fault.Line, fault.Column)));
        Assert.StartsWith("The workflow definition Demo version 0 has 11 faults:\nDemo version 0: input: this is not JSON", exception.Message, StringComparison.Ordinal);
        Assert.Equal(11, Assert.Throws<WorkflowDefinitionException>(builder.Build).Faults.Count);
    }

    [Fact]
    public void Build_KeepsAttachments_WhenAStepBringsItsOwnCode()
    {
        var builder = WorkflowDefinition.Create("dataset-build", version: 2);
        var handler = builder.HandlerName("download");
        Action code = () => { };
        var definition = builder.Step("download", handler, retries: 3).Attach(handler, code).Build();
        Assert.Equal("dataset-build.v2.download", definition.Steps[0].Uses);
        Assert.Same(code, definition.Attachments[handler]);
        Assert.Equal(4, definition.Steps[0].Plan.Retry.MaxAttempts);
        Assert.Empty(WorkflowDefinition.Parse(definition.CanonicalJson).Attachments);
    }

    [Fact]
    public void Parse_TakesTheCoreSchemaOfYaml12_WhenScalarsArePlain()
    {
        var with = WorkflowDefinition.Parse(Examples.OneStep("""
                with:
                  texts: [yes, no, on, off, "5", '5', 1_000, 12e, 0xG, ., "null", 2024-01-01, 1:30]
                  numbers: [1, +2, -3, 007, 0x1F, 0o17, 1.50, .5, 5., 1e3, 12345678901234567890123, -0]
                  others: [true, True, FALSE, null, ~, ]
                  block: |
                    a
                    b
                  folded: >-
                    a
                    b
            """)).Steps[0].With!.Evaluate(new FixedScope())!.Value;
        Assert.All(with.GetProperty("texts").EnumerateArray(), text => Assert.Equal(JsonValueKind.String, text.ValueKind));
        Assert.Equal("[1,2,-3,7,31,15,1.5,0.5,5,1000,12345678901234567890123,0]", with.GetProperty("numbers").GetRawText());
        Assert.Equal("[true,true,false,null,null]", with.GetProperty("others").GetRawText());
        Assert.Equal(("a\nb\n", "a b"), (with.GetProperty("block").GetString(), with.GetProperty("folded").GetString()));
    }

    [Fact]
    public void Plan_RaisesTheLongestDelay_WhenTheInitialOneIsLonger() =>
        Assert.Equal(TimeSpan.FromMinutes(5), WorkflowDefinition.Parse(Examples.OneStep("    retry: { initial: 5m }")).Steps[0].Plan.Retry.Max);

    [Fact]
    public void Plan_GivesTheMeanWeight_WhenAStepHasNoEstimate()
    {
        var steps = WorkflowDefinition.Parse("name: demo\nversion: 1\nsteps: [{id: a, uses: x, estimated_duration: 10s}, {id: b, uses: x, estimated_duration: 30s}, {id: c, uses: x}]").Plan.Steps;
        Assert.Equal([10, 30, 20], steps.Select(step => step.Weight));
        Assert.Equal(1, WorkflowDefinition.Parse(Examples.OneStep("")).Plan.Steps[0].Weight);
    }

    [Theory]
    [InlineData("    with: { a: \"${steps.b.output}\" }\n  - { id: b, uses: noop, needs: [a] }", 6, 25, "step 'b' may not have ended yet: add it to needs")]
    [InlineData("    with: { a: \"${steps.a.output}\" }", 6, 25, "step 'a' may not have ended yet")]
    [InlineData("    when: ${item.ok}\n    for_each: [1]", 6, 13, "item.ok has a value only in")]
    [InlineData("    for_each: ${item}", 6, 17, "item has a value only in")]
    [InlineData("    with: { a: \"${item_index}\" }", 6, 19, "item_index has a value only in")]
    [InlineData("    with: { a: 'it''s ${imput}' }", 6, 25, "did you mean 'input'?")]
    [InlineData("    with: { a: \"\\u00e9\\n${imput}\" }", 6, 27, "did you mean 'input'?")]
    [InlineData("    with:\n      a: |\n        one\n        two ${imput}", 9, 15, "did you mean 'input'?")]
    [InlineData("    with: { a: \"${input.vdeo}\" }", 6, 25, "input.vdeo cannot exist (did you mean 'video'?): input has the properties deep, list, video")]
    [InlineData("    with: { a: \"${input.video.x}\" }", 6, 31, "input.video.x cannot exist: input.video is string")]
    [InlineData("    with: { a: \"${input.list.x}\" }", 6, 30, "input.list is array")]
    [InlineData("    with: { a: \"${input[0]}\" }", 6, 25, "input is object")]
    [InlineData("    with: { a: \"${input.deep.a.c}\" }", 6, 32, "input.deep.a.c cannot exist")]
    [InlineData("    with: { a: \"${!5}\" }", 6, 19, "! takes true or false, and 5 is a number")]
    [InlineData("    with: { a: \"${'x' && true}\" }", 6, 23, "&& takes true or false")]
    [InlineData("    with: { a: \"${true < 1}\" }", 6, 24, "< compares two numbers")]
    [InlineData("    with: { a: \"${len(5)}\" }", 6, 23, "len takes a list")]
    [InlineData("    with: { a: \"${if(5, 1, 2)}\" }", 6, 19, "if takes true or false, and 5 is a number")]
    [InlineData("    with: { a: \"${artifacts.path('../x')}\" }", 6, 34, "leads out of the folder")]
    [InlineData("    with: { a: \"${artifacts.path(5)}\" }", 6, 34, "artifacts.path takes a text")]
    [InlineData("    with: { a: \"${default(steps.x.output, 1)}\" }", 6, 33, "there is no step 'x'")]
    [InlineData("    artifacts: [ { name: x, path: \"${item_index}.txt\" } ]", 6, 38, "item_index has a value only in")]
    public void Parse_FindsTheExpressionsThatCanNeverWork_WhenTheDefinitionIsRead(string step, int line, int column, string message)
    {
        const string Input = "{type: object, additionalProperties: false, properties: {video: {type: string}, list: {type: array}, deep: {properties: {a: {additionalProperties: false, properties: {b: {}}}}}}}";
        var fault = Assert.Single(Examples.FaultsOf(Examples.OneStep(step).Replace("version: 1", $"version: 1\ninput: {Input}", StringComparison.Ordinal)));
        Assert.Equal("EXPRESSION", fault.Code);
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        Assert.Equal((line + 1, column), (fault.Line, fault.Column));
    }

    [Fact]
    public void Parse_AcceptsWhatMayExist_WhenItIsNotCertainlyWrong()
    {
        const string Text = """
            name: demo
            version: 1
            input: { additionalProperties: false, properties: { list: { items: { properties: { x: {} }, additionalProperties: false } } } }
            steps:
              - { id: a, uses: noop }
              - { id: b-1, uses: noop, needs: [a], for_each: "${input.list}", with: { x: "${item.anything}", y: "${steps.a.output.y}", z: "${input.list[0].x}" } }
              - { id: c, uses: noop, needs: [b-1], when: "${steps.b-1.failed == 0}", with: { a: "${steps.a.output}", d: "${default(input.later, 1)}" } }
            output: "${steps.c.output}"
            """;
        Assert.Equal(3, WorkflowDefinition.Parse(Text).Steps.Length);
    }

    [Fact]
    public void CheckHandlers_NamesTheFaultAndThePlace_WhenAHandlerIsUnknownOrDoesNotTakeTheValue()
    {
        const string Text = """
            name: demo
            version: 1
            steps:
              - id: a
                uses: process.rum
              - id: b
                uses: process.run
                with: { command: 5, args: ["x", "${input.y}", 7], extra: 1 }
              - { id: c, uses: process.run, with: { command: "a ${input.x}", args: "${input.args}" } }
              - { id: d, uses: process.run }
              - { id: e, uses: noop, with: { anything: 1 } }
            """;
        var schema = JsonSchema.Parse("""
            {"type":"object","required":["command"],"additionalProperties":false,"properties":{"command":{"type":"string"},"args":{"type":"array","items":{"type":"string"}}}}
            """);
        HandlerDescription? Find(string name) => name switch
        {
            "process.run" => new HandlerDescription(name, schema, "processes"),
            "noop" => new HandlerDescription(name, null, "free"),
            _ => null,
        };
        var definition = WorkflowDefinition.Parse(Text);
        Assert.Equal(
            [
                "5:11: step 'a', uses: there is no handler 'process.rum' (did you mean 'process.run'?); handlers are noop, process.run",
                "8:22: step 'b', with.command: must be string, not number (handler process.run)",
                "8:51: step 'b', with.args[2]: must be string, not number (handler process.run)",
                "8:62: step 'b', with.extra: is not a known property; known are args, command (handler process.run)",
                "10:20: step 'd', with: the property 'command' is required (handler process.run)",
            ],
            definition.CheckHandlers(Find, ["process.run", "noop"]).Select(fault => fault.ToString()));

        var staged = definition.WithDefaultStages(Find);
        Assert.Equal(["process.rum", "processes", "processes", "processes", "free"], staged.Plan.Steps.Select(step => step.Stage));
        Assert.Equal(staged.Plan.Steps, staged.Steps.Select(step => step.Plan));
        Assert.Equal(definition.Hash, staged.Hash);
        var named = WorkflowDefinition.Parse(Examples.OneStep("    stage: mine")).WithDefaultStages(Find);
        Assert.Equal("mine", named.Plan.Steps[0].Stage);
    }

    [Fact]
    public void ValidateInput_ListsEveryFault_WhenTheInputDoesNotFit()
    {
        var definition = WorkflowDefinition.Parse(Examples.OneStep("", "input: { type: object, required: [video, x], properties: { video: { type: string }, fps: { type: integer, default: 25 } } }\n"));
        Assert.Equal(
            ["the property 'x' is required", "video: must be string, not number", "fps: must be integer, not number"],
            definition.ValidateInput(Examples.Json("""{"video":1,"fps":1.5}""")).Select(fault => fault.ToString()));
        Assert.Equal(2, definition.ValidateInput(null).Count);
        Assert.Equal("""{"video":"a","fps":25}""", definition.ApplyInputDefaults(Examples.Json("""{"video":"a"}""")).GetRawText());
        var free = WorkflowDefinition.Parse(Examples.OneStep(""));
        Assert.Empty(free.ValidateInput(Examples.Json("5")));
        Assert.Equal("{}", free.ApplyInputDefaults(null).GetRawText());
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("5s", 5_000)]
    [InlineData("5m", 300_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("1d2h3m4s5ms", 93_784_005)]
    [InlineData("90m", 5_400_000)]
    [InlineData("0s", 0)]
    [InlineData("PT1H30M", 5_400_000)]
    [InlineData("P1DT12H", 129_600_000)]
    [InlineData("P1W", 604_800_000)]
    [InlineData("PT0.25S", 250)]
    public void Duration_IsRead_WhenItIsOne(string text, int milliseconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
        Assert.True(Duration.TryParse(Duration.Format(duration), out var again));
        Assert.Equal(duration, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("1.5s")]
    [InlineData("5S")]
    [InlineData("1s1s")]
    [InlineData("1s1m")]
    [InlineData("5sec")]
    [InlineData("367d")]
    [InlineData("99999999999999999999d")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1Y")]
    [InlineData("P1M")]
    [InlineData("PT1H1H")]
    [InlineData("PT0.0001S")]
    [InlineData("P1DT")]
    [InlineData("-PT5S")]
    public void Duration_IsRefused_WhenItIsNone(string text) => Assert.False(Duration.TryParse(text, out _));

    [Fact]
    public void Parse_GivesTheSame_WhenTheCultureWritesCommas()
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", NegativeSign = "~" } };
        try
        {
            var definition = WorkflowDefinition.Parse(Examples.OneStep("    retry: { jitter: 0.25 }\n    with: { a: -1.5 }"));
            Assert.Contains("\"jitter\":0.25", definition.CanonicalJson, StringComparison.Ordinal);
            Assert.Contains("\"a\":-1.5", definition.CanonicalJson, StringComparison.Ordinal);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
