using System.Text.Json;
using Dispatcher.Actors.Tests.Style;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.JobActors;

/// <summary>State machines as jobs: which ways are gone, what each state gets, and what a caught failure leads to.</summary>
public sealed class StateMachineRunTests
{
    private readonly Recording[] _functions;
    private readonly MemoryNode _node;

    public StateMachineRunTests()
    {
        string[] names =
        [
            "mark-processing", "mark-completed", "mark-complete", "mark-failed", "audio-extraction", "transcription", "smart-cut-planner", "video-cuts", "video-transitions",
            "subtitles-post-edit", "branding-layer",
        ];
        _functions = [.. names.Select(name => new Recording(name))];
        _node = new MemoryNode(null, _functions);
    }

    [Fact]
    public void Skeleton_RunsToItsEnd()
    {
        var state = Run("samples/talk/skeleton.asl.json", """{"tenantId":"demo-tenant"}""");

        Assert.Equal(JobStatus.Completed, state.Status);
        // A task without Parameters gets what the state before it gave; the first one gets the job's input.
        Assert.Equal("""{"tenantId":"demo-tenant"}""", Function("mark-processing").Got);
        Assert.Equal("""{"message":"stubbed in Phase 1"}""", Function("mark-completed").Got);
    }

    [Fact]
    public void Pipeline_SkipsTheTransitions_WhenTheyAreNotAskedFor()
    {
        var state = Run("samples/talk/pipeline.asl.json", """{"jobId":"j"}""");

        Assert.Equal(JobStatus.Completed, state.Status);
        Assert.Equal((StepStatus.Skipped, StepStatus.Skipped), (state.Step("video-transitions").Status, state.Step("mark-failed").Status));
        Assert.Equal((StepStatus.Completed, StepStatus.Completed), (state.Step("subtitles-post-edit").Status, state.Step("mark-complete").Status));
    }

    [Fact]
    public void Pipeline_MakesTheTransitions_WhenTheyAreAskedFor()
    {
        var state = Run("samples/talk/pipeline.asl.json", """{"jobId":"j","applyTransitions":true}""");

        Assert.Equal((JobStatus.Completed, StepStatus.Completed), (state.Status, state.Step("video-transitions").Status));
        using var got = JsonDocument.Parse(Function("subtitles-post-edit").Got!);
        Assert.Equal("video-transitions", got.RootElement.GetProperty("videoTransitions").GetProperty("by").GetString());
        Assert.Equal("audio-extraction", got.RootElement.GetProperty("audioExtraction").GetProperty("by").GetString());
        Assert.Equal("j", got.RootElement.GetProperty("jobId").GetString());
    }

    [Fact]
    public void Pipeline_MarksTheJobFailed_WhenATaskFailsForGood()
    {
        Function("transcription").Fault = new StepFailedException(ErrorClass.Permanent, "the sound is broken", "CODEC_UNSUPPORTED");
        var state = Run("samples/talk/pipeline.asl.json", """{"jobId":"j"}""");

        Assert.Equal((StepStatus.Failed, StepStatus.Skipped, StepStatus.Completed), (state.Step("transcription").Status, state.Step("smart-cut-planner").Status, state.Step("mark-failed").Status));
        using var got = JsonDocument.Parse(Function("mark-failed").Got!);
        Assert.Equal(("CODEC_UNSUPPORTED", "the sound is broken"), (got.RootElement.GetProperty("error").GetProperty("Error").GetString(), got.RootElement.GetProperty("error").GetProperty("Cause").GetString()));
        Assert.Equal("j", got.RootElement.GetProperty("jobId").GetString());
        // The failure was caught, so the machine has come to an end that it names.
        Assert.Equal(JobStatus.Completed, state.Status);
    }

    [Fact]
    public void Pipeline_TriesATransientFailureAgain_AfterTwoFourAndEightSeconds()
    {
        Function("audio-extraction").Fault = new StepFailedException(ErrorClass.Transient, "the store is away", "TRANSIENT_DEPENDENCY");
        var id = Submit("samples/talk/pipeline.asl.json", "{}");
        int[] attempts = [2, 4, 8];
        for (var i = 0; i < attempts.Length; i++)
        {
            Assert.Equal(i + 1, Function("audio-extraction").Calls);
            _node.Advance(TimeSpan.FromSeconds(attempts[i]) - TimeSpan.FromMilliseconds(1));
            Assert.Equal(i + 1, Function("audio-extraction").Calls);
            _node.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(4, Function("audio-extraction").Calls);
        Assert.Equal(1, Function("mark-failed").Calls);
        Assert.Equal(StepStatus.Failed, _node.StateOf(id).Step("audio-extraction").Status);
    }

    [Theory]
    [InlineData("""{"n":4}""", "few")]
    [InlineData("""{"n":5}""", "some")]
    [InlineData("""{"n":10}""", "many")]
    [InlineData("""{"n":"x"}""", "odd")]
    [InlineData("""{}""", "odd")]
    public void Choice_TakesTheFirstRuleThatHolds_ElseTheDefault(string input, string expected)
    {
        const string Machine = """
            { "StartAt": "c", "States": {
              "c": { "Type": "Choice", "Default": "odd", "Choices": [
                { "Variable": "$.n", "StringEquals": "x", "Next": "odd" },
                { "Variable": "$.n", "NumericLessThan": 5, "Next": "few" },
                { "And": [{ "Variable": "$.n", "NumericGreaterThanEquals": 5 }, { "Not": { "Variable": "$.n", "NumericGreaterThanEquals": 10 } }], "Next": "some" },
                { "Variable": "$.n", "IsPresent": true, "Next": "many" } ] },
              "few": { "Type": "Pass", "Result": "few", "Next": "end" },
              "some": { "Type": "Pass", "Result": "some", "Next": "end" },
              "many": { "Type": "Pass", "Result": "many", "Next": "end" },
              "odd": { "Type": "Pass", "Result": "odd", "Next": "end" },
              "end": { "Type": "Pass", "Parameters": { "way.$": "$", "kept": "${not.an.expression}" }, "End": true } } }
            """;
        var state = _node.StateOf(SubmitText(Machine, input));
        Assert.Equal(JobStatus.Completed, state.Status);
        Assert.Equal($$"""{"kept":"${not.an.expression}","way":"{{expected}}"}""", state.Output!.Value.GetRawText());
    }

    [Fact]
    public void Fail_FailsTheJob_WithItsErrorAndCause()
    {
        var state = _node.StateOf(SubmitText("""{ "StartAt": "f", "States": { "f": { "Type": "Fail", "Error": "UNKNOWN", "Cause": "no way" } } }""", "{}"));
        Assert.Equal((JobStatus.Failed, "UNKNOWN", "no way"), (state.Status, state.Failure!.Code, state.Failure.Message));
    }

    [Fact]
    public void ResultPath_KeepsPlacesOrReplacesTheDocument()
    {
        const string Machine = """
            { "StartAt": "a", "States": {
              "a": { "Type": "Pass", "Result": { "x": 1 }, "ResultPath": "$.a", "Next": "b" },
              "b": { "Type": "Pass", "Result": { "y": 2 }, "ResultPath": null, "Next": "c" },
              "c": { "Type": "Pass", "Result": 3, "ResultPath": "$.a", "Next": "d" },
              "d": { "Type": "Pass", "End": true } } }
            """;
        Assert.Equal("""{"in":0,"a":3}""", _node.StateOf(SubmitText(Machine, """{"in":0}""")).Output!.Value.GetRawText());
    }

    /// <summary>A way that was not gone has written nothing; one that was gone has, whatever it wrote.</summary>
    [Theory]
    [InlineData("""{"go":true,"x":1}""", """{"go":true,"x":null}""")]
    [InlineData("""{"go":false,"x":1}""", """{"go":false,"x":1}""")]
    [InlineData("""{"go":false}""", """{"go":false,"x":null}""")]
    public void Join_TakesWhatTheWayHasWritten_ThatWasGone(string input, string expected)
    {
        const string Machine = """
            { "StartAt": "c", "States": {
              "c": { "Type": "Choice", "Default": "end", "Choices": [{ "Variable": "$.go", "BooleanEquals": true, "Next": "a" }] },
              "a": { "Type": "Pass", "Result": null, "ResultPath": "$.x", "Next": "end" },
              "end": { "Type": "Pass", "End": true } } }
            """;
        Assert.Equal(expected, _node.StateOf(SubmitText(Machine, input)).Output!.Value.GetRawText());
    }

    [Theory]
    [InlineData("""{"go":true,"m":1}""", JobStatus.Failed)]
    [InlineData("""{"go":false,"m":1}""", JobStatus.Completed)]
    public void Join_DoesNotReachBehindADocumentThatWasReplaced(string input, JobStatus expected)
    {
        const string Machine = """
            { "StartAt": "c", "States": {
              "c": { "Type": "Choice", "Default": "end", "Choices": [{ "Variable": "$.go", "BooleanEquals": true, "Next": "a" }] },
              "a": { "Type": "Pass", "Result": { "k": 1 }, "Next": "end" },
              "end": { "Type": "Pass", "Parameters": { "m.$": "$.m" }, "End": true } } }
            """;
        Assert.Equal(expected, _node.StateOf(SubmitText(Machine, input)).Status);
    }

    /// <summary>Thirty choices one behind the other are 2^30 ways; the expressions know only who may have written.</summary>
    [Theory]
    [InlineData("""{"left":true}""", """{"a":{"by":29},"b":null,"left":true}""")]
    [InlineData("""{"left":false}""", """{"a":null,"b":{"by":29},"left":false}""")]
    public void Ways_ThatPartAndMeetThirtyTimes_StaySmall(string input, string expected)
    {
        var states = Enumerable.Range(0, 30).Select(i => $$"""
            "c{{i}}": { "Type": "Choice", "Default": "b{{i}}", "Choices": [{ "Variable": "$.left", "BooleanEquals": true, "Next": "a{{i}}" }] },
            "a{{i}}": { "Type": "Pass", "Result": { "by": {{i}} }, "ResultPath": "$.a", "Next": "c{{i + 1}}" },
            "b{{i}}": { "Type": "Pass", "Result": { "by": {{i}} }, "ResultPath": "$.b", "Next": "c{{i + 1}}" },
            """);
        var machine = $$"""{ "StartAt": "c0", "States": { {{string.Concat(states)}} "c30": { "Type": "Pass", "End": true } } }""";

        Assert.InRange(WorkflowDefinition.Parse(machine).CanonicalJson.Length, 1, 64 * 1024);
        var output = _node.StateOf(SubmitText(machine, input)).Output!.Value;
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected), output), output.GetRawText());
    }

    private JobState Run(string file, string input) => _node.StateOf(Submit(file, input));

    private JobId Submit(string file, string input) => SubmitText(Repository.Read(file), input);

    private JobId SubmitText(string machine, string input)
    {
        var definition = WorkflowDefinition.Parse(machine, "machine.asl.json");
        _node.Do(async () => await _node.Node.Workflows.Register(definition));
        return _node.Accept(new JobSpec { Workflow = definition.Reference, Input = JsonElement.Parse(input) });
    }

    private Recording Function(string name) => _functions.Single(function => function.Name == name);

    /// <summary>A function that tells what it got, and says who it is or fails.</summary>
    private sealed class Recording(string name) : IStepHandler
    {
        public string Name => name;

        public JsonSchema? With => null;

        public StepFailedException? Fault { get; set; }

        public string? Got { get; private set; }

        public int Calls { get; private set; }

        public ValueTask<StepResult> Run(StepContext context)
        {
            Calls++;
            Got = context.With?.GetRawText();
            return Fault is null ? new(new StepResult.Completed(JsonElement.Parse($$"""{"by":"{{name}}"}"""), [])) : throw Fault;
        }
    }
}
