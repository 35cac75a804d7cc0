using Dispatcher.Actors.Tests.Style;
using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Workflows.Asl;

/// <summary>State machines in the Amazon States Language as workflows: the document's own two, and each form that is read or refused.</summary>
public sealed class AslReaderTests
{
    [Fact]
    public void Skeleton_IsAWorkflowOfThreeSteps_AsTheSeedWritesIt()
    {
        var workflow = WorkflowDefinition.Parse(Repository.Read("samples/talk/skeleton.asl.json"), "samples/talk/skeleton.asl.json");

        Assert.Equal(("skeleton", 1, "TalkAvocado Pipeline (Phase 1 skeleton)"), (workflow.Name, workflow.Version, workflow.Description));
        Assert.Equal(["mark-processing", "noop-or-steps", "mark-completed"], workflow.Steps.Select(step => step.Id));
        Assert.Equal(["mark-processing", "noop", "mark-completed"], workflow.Steps.Select(step => step.Uses));
        Assert.Equal(["", "mark-processing", "noop-or-steps"], workflow.Steps.Select(step => string.Join(',', step.Needs)));
        Assert.All(workflow.Steps, step => Assert.Null(step.When));
        Assert.Equal("""{"message":"stubbed in Phase 1"}""", workflow.Steps[1].With!.Evaluate(new FixedScope())!.Value.GetRawText());
    }

    [Fact]
    public void Pipeline_HasItsOrderRetriesChoiceAndCatch_AsTheRepositoryHasThem()
    {
        var workflow = WorkflowDefinition.Parse(Repository.Read("samples/talk/pipeline.asl.json"), "pipeline.asl.json");

        Assert.Equal(
            ["mark-processing", "audio-extraction", "transcription", "smart-cut-planner", "video-cuts", "transitions-choice", "video-transitions", "subtitles-post-edit", "branding-layer", "mark-complete", "mark-failed"],
            workflow.Steps.Select(step => step.Id));
        var cuts = Step(workflow, "video-cuts");
        Assert.Equal([2, 4, 8], Enumerable.Range(1, 3).Select(attempt => cuts.Plan.Retry.DelayAfter(attempt, new Failure(ErrorClass.Transient, "x"), 1).TotalSeconds));
        Assert.Equal((4, OnError.Continue), (cuts.Plan.Retry.MaxAttempts, cuts.Plan.OnError));
        Assert.Equal([ErrorClass.Transient, ErrorClass.Timeout, ErrorClass.WorkerLost], cuts.Plan.Retry.On.AsEnumerable());
        Assert.Equal(["transitions-choice", "video-transitions"], Step(workflow, "subtitles-post-edit").Needs.AsEnumerable());
        Assert.Equal(9, Step(workflow, "mark-failed").Needs.Length);
    }

    [Fact]
    public void Canonical_ReadsBackAsTheSameWorkflow()
    {
        var workflow = WorkflowDefinition.Parse(Repository.Read("samples/talk/pipeline.asl.json"), "pipeline.asl.json", "talk", 7);
        var again = WorkflowDefinition.Parse(workflow.CanonicalJson);
        Assert.Equal(("talk", 7, workflow.Hash), (again.Name, again.Version, again.Hash));
    }

    [Theory]
    [InlineData("MarkProcessing", "mark-processing")]
    [InlineData("mark processing", "mark-processing")]
    [InlineData("Step2Audio", "step2-audio")]
    [InlineData("2nd", "state-2nd")]
    [InlineData("Ärger!", "rger")]
    [InlineData("---", "state")]
    public void State_IsSpelledAsAStepsId(string state, string id) => Assert.Equal(id, Machine($"\"{state}\": {{ \"Type\": \"Succeed\" }}", state).Steps[0].Id);

    [Fact]
    public void States_ThatAreSpelledAlike_AreNumbered() =>
        Assert.Equal(["go-on", "go-on-2"], Machine("""
            "GoOn": { "Type": "Pass", "Next": "go on" }, "go on": { "Type": "Succeed" }
            """, "GoOn").Steps.Select(step => step.Id));

    [Theory]
    [InlineData("arn:aws:lambda:...:markProcessing", "mark-processing")]
    [InlineData("arn:aws:lambda:eu-west-1:123456789012:function:audio-extraction", "audio-extraction")]
    [InlineData("arn:aws:lambda:eu-west-1:123456789012:function:audio-extraction:7", "audio-extraction")]
    [InlineData("${SmartCutPlannerFunctionArn}", "smart-cut-planner")]
    [InlineData("${Arn}", "arn")]
    [InlineData("yogacoach.pipeline_orchestrator", "yogacoach.pipeline_orchestrator")]
    [InlineData("media.extract-audio", "media.extract-audio")]
    public void Resource_BecomesACapabilityCode(string resource, string code) =>
        Assert.Equal(code, Machine($"\"a\": {{ \"Type\": \"Task\", \"Resource\": \"{resource}\", \"End\": true }}").Steps[0].Uses);

    [Fact]
    public void Task_WithoutRetry_IsTriedAgainOnlyWhenItsProcessDied()
    {
        var retry = Machine("""
            "a": { "Type": "Task", "Resource": "x", "End": true, "TimeoutSeconds": 90, "HeartbeatSeconds": 5 }
            """).Steps[0].Plan;
        Assert.Equal([ErrorClass.WorkerLost], retry.Retry.On.AsEnumerable());
        Assert.Equal((TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(5)), (retry.Timeout, retry.HeartbeatTimeout));
    }

    // Each machine has one fault; the path is where it is, as a JSON path without the '$.'.
    [Theory]
    [InlineData("""{ "Type": "Map", "End": true }""", "States.a.Type", "states of the type 'Map' are not supported; supported are Choice, Fail, Pass, Succeed, Task")]
    [InlineData("""{ "Type": "Parallel" }""", "States.a.Type", "'Parallel'")]
    [InlineData("""{ "Type": "Wait", "Seconds": 1, "End": true }""", "States.a.Type", "'Wait'")]
    [InlineData("""{ "End": true }""", "States.a", "`Type` is missing")]
    [InlineData("""5""", "States.a", "a state is an object, not a number")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "End": true, "ResultSelector": {} }""", "States.a.ResultSelector", "is not supported in a Task state")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "End": true, "InputPath": "$.b" }""", "States.a.InputPath", "only \"$\" is supported")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "End": true, "ResultPath": "$.b.c" }""", "States.a.ResultPath", "only \"$\", \"$.name\" and null")]
    [InlineData("""{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true }""", "States.a.Resource", "no function that a capability can stand for")]
    [InlineData("""{ "Type": "Task", "End": true }""", "States.a", "`Resource` is missing")]
    [InlineData("""{ "Type": "Task", "Resource": "x" }""", "States.a", "either `Next`, or `End: true`")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "Next": "a", "End": true }""", "States.a", "either `Next`, or `End: true`")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "Next": "b" }""", "States.a.Next", "there is no state 'b'")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "Next": "a" }""", "States.a.Next", "a -> a; a workflow has no loops")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "End": true, "Retry": [{ "ErrorEquals": ["Odd"] }] }""", "States.a.Retry[0].ErrorEquals[0]", "there is no error 'Odd'")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "End": true, "Retry": [{ "ErrorEquals": ["VALIDATION_FAILED"] }] }""", "States.a.Retry[0].ErrorEquals[0]", "never tried again")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "End": true, "Retry": [{ }] }""", "States.a.Retry[0]", "`ErrorEquals` is missing")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "End": true, "Retry": [{ "ErrorEquals": ["TIMEOUT"], "IntervalSeconds": 0 }] }""", "States.a.Retry[0].IntervalSeconds", "whole number, 1 to")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "End": true, "Retry": [{ "ErrorEquals": ["TIMEOUT"], "JitterStrategy": "FULL" }] }""", "States.a.Retry[0].JitterStrategy", "only NONE")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "End": true, "Retry": [{ "ErrorEquals": ["TIMEOUT"] }, { "ErrorEquals": ["States.ALL"] }] }""", "States.a.Retry", "more than one retrier")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "End": true, "Catch": [{ "ErrorEquals": ["TIMEOUT"], "Next": "a" }] }""", "States.a.Catch[0].ErrorEquals", "only [\"States.ALL\"]")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "End": true, "Parameters": { "k.$": "States.Format('{}', $.a)" } }""", "States.a.Parameters[\"k.$\"]", "and no functions")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "End": true, "Parameters": [] }""", "States.a.Parameters", "must be an object, not a list")]
    [InlineData("""{ "Type": "Task", "Resource": "x", "End": true, "TimeoutSeconds": 1.5 }""", "States.a.TimeoutSeconds", "whole number")]
    [InlineData("""{ "Type": "Choice", "Choices": [], "Default": "a" }""", "States.a.Choices", "at least one rule")]
    [InlineData("""{ "Type": "Choice", "Choices": [{ "Variable": "$.x", "BooleanEquals": true, "Next": "end" }] }""", "States.a", "needs a `Default`")]
    [InlineData("""{ "Type": "Choice", "Choices": [{ "Variable": "$.x", "StringMatches": "a*", "Next": "end" }], "Default": "end" }""", "States.a.Choices[0].StringMatches", "is not supported in a rule")]
    [InlineData("""{ "Type": "Choice", "Choices": [{ "Variable": "$.x", "NumericEquals": "5", "Next": "end" }], "Default": "end" }""", "States.a.Choices[0].NumericEquals", "must be a number, not a text")]
    [InlineData("""{ "Type": "Choice", "Choices": [{ "Variable": "$..x", "NumericEquals": 5, "Next": "end" }], "Default": "end" }""", "States.a.Choices[0].Variable", "no path that is supported")]
    public void StateMachine_IsRefused_NamingWhatAndWhere(string state, string path, string message)
    {
        var end = state.Contains("\"end\"", StringComparison.Ordinal) ? """, "end": { "Type": "Succeed" }""" : "";
        var refused = Assert.Throws<WorkflowDefinitionException>(() => Machine($"\"a\": {state}{end}"));
        var fault = Assert.Single(refused.Faults, fault => fault.Path == path && fault.Message.Contains(message, StringComparison.Ordinal));
        Assert.Equal(1, fault.Line);
    }

    [Theory]
    [InlineData("""{ "StartAt": "b", "States": { "a": { "Type": "Succeed" } } }""", "StartAt", "there is no state 'b'")]
    [InlineData("""{ "StartAt": "a", "States": {} }""", "States", "1 to 100 states")]
    [InlineData("""{ "StartAt": "a", "States": { "a": { "Type": "Succeed" }, "b": { "Type": "Succeed" } } }""", "States.b", "no way leads to this state")]
    [InlineData("""{ "StartAt": "a", "States": { "a": { "Type": "Succeed" } }, "QueryLanguage": "JSONata" }""", "QueryLanguage", "is not supported in a state machine")]
    public void Document_IsRefused_NamingWhatAndWhere(string text, string path, string message) => Assert.Contains(
        Assert.Throws<WorkflowDefinitionException>(() => WorkflowDefinition.Parse(text)).Faults,
        fault => fault.Path == path && fault.Message.Contains(message, StringComparison.Ordinal));

    /// <summary>Where all tasks lead when they fail, any of them may have written the error, and each but the last its result.</summary>
    [Fact]
    public void Tasks_AllCaughtByOneState_AreAWorkflow()
    {
        const int Tasks = 40;
        var tasks = Enumerable.Range(0, Tasks).Select(i => $$"""
            "task-{{i}}": { "Type": "Task", "Resource": "x", "ResultPath": "$.task{{i}}", "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "failed" }], {{(i == Tasks - 1 ? "\"End\": true" : $"\"Next\": \"task-{i + 1}\"")}} },
            """);
        var workflow = Machine($$"""{{string.Concat(tasks)}} "failed": { "Type": "Task", "Resource": "y", "End": true }""", "task-0");
        Assert.Equal(Tasks, Step(workflow, "failed").Needs.Length);
    }

    /// <summary>Each rule excludes all before it: five thousand of them would be a gigabyte of conditions.</summary>
    [Fact]
    public void Choice_IsRefused_WhenItsRulesTogetherAreTooLarge()
    {
        var rules = Enumerable.Range(0, 5000).Select(i => $$"""{ "Variable": "$.x", "NumericEquals": {{i}}, "Next": "end" }""");
        var refused = Assert.Throws<WorkflowDefinitionException>(() => Machine($$"""
            "a": { "Type": "Choice", "Default": "end", "Choices": [{{string.Join(',', rules)}}] }, "end": { "Type": "Succeed" }
            """));
        var fault = Assert.Single(refused.Faults);
        Assert.StartsWith("States.a.Choices[", fault.Path, StringComparison.Ordinal);
        Assert.Contains("larger than 1048576 bytes", fault.Message, StringComparison.Ordinal);
    }

    private static StepDefinition Step(WorkflowDefinition workflow, string id) => workflow.Steps.Single(step => step.Id == id);

    private static WorkflowDefinition Machine(string states, string startAt = "a") =>
        WorkflowDefinition.Parse($$"""{ "StartAt": "{{startAt}}", "States": { {{states}} } }""");
}
