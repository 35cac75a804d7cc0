using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>
/// Builds a definition in C#. Nothing is checked before <see cref="Build"/>, which lists every fault at once. The steps layer adds
/// <c>Step</c> overloads for lambdas: they call <see cref="Step(string, string, StepOptions)"/> with <see cref="HandlerName"/> and <see cref="Attach"/> the lambda.
/// </summary>
public sealed class WorkflowBuilder
{
    private readonly Dictionary<string, object> _attachments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SourceNode> _keys = new(StringComparer.Ordinal);
    private readonly List<SourceNode> _steps = [];
    private readonly FaultReport _report;

    internal WorkflowBuilder(string name, int version)
    {
        (Name, Version) = (name, version);
        _report = new FaultReport($"{name} version {version}", source: null);
        Set("name", SourceNode.OfString(name)).Set("version", SourceNode.OfNumber(version));
    }

    public string Name { get; }

    public int Version { get; }

    /// <summary>A stable handler name for code that belongs to one step of one version: <c>dataset-build.v1.download</c>.</summary>
    public string HandlerName(string stepId) => $"{Name}.v{Version}.{stepId}";

    /// <summary>Gives the definition an object that goes with a handler's name; <see cref="WorkflowDefinition.Attachments"/> has it.</summary>
    public WorkflowBuilder Attach(string handlerName, object attachment)
    {
        _attachments[handlerName] = attachment;
        return this;
    }

    /// <summary>Adds a step.</summary>
    /// <param name="id"><c>^[a-z][a-z0-9_-]{0,62}$</c>, unique.</param>
    /// <param name="uses">The handler's stable name.</param>
    /// <param name="needs">Ids of steps that must end well first.</param>
    /// <param name="retries">How often it is tried again after the first attempt.</param>
    /// <param name="timeout">The longest time of one attempt.</param>
    /// <param name="estimatedDuration">Its weight in the job's progress.</param>
    /// <param name="with">What the handler receives; texts may hold <c>${...}</c>.</param>
    /// <param name="stage">The admission stage; the handler's if absent.</param>
    /// <param name="when">One <c>${...}</c>: false skips the step.</param>
    /// <param name="forEach">One <c>${...}</c> that is a list, or a list: one sub-step for each item.</param>
    /// <param name="maxConcurrency">Items at once within one job.</param>
    /// <param name="onError">What a failure for good means.</param>
    /// <param name="retry">The whole retry policy, in place of <paramref name="retries"/>.</param>
    /// <param name="heartbeatTimeout">The longest silence of a handler that sends heartbeats.</param>
    /// <param name="artifacts">The files that it leaves: paths by name.</param>
    public WorkflowBuilder Step(
        string id,
        string uses,
        IReadOnlyList<string>? needs = null,
        int? retries = null,
        TimeSpan? timeout = null,
        TimeSpan? estimatedDuration = null,
        object? with = null,
        string? stage = null,
        string? when = null,
        object? forEach = null,
        int? maxConcurrency = null,
        OnError? onError = null,
        RetryPolicy? retry = null,
        TimeSpan? heartbeatTimeout = null,
        IReadOnlyDictionary<string, string>? artifacts = null) => Step(id, uses, new StepOptions
        {
            Needs = needs ?? [],
            Retries = retries,
            Retry = retry,
            Timeout = timeout,
            HeartbeatTimeout = heartbeatTimeout,
            EstimatedDuration = estimatedDuration,
            With = with,
            Stage = stage,
            When = when,
            ForEach = forEach,
            MaxConcurrency = maxConcurrency,
            OnError = onError,
            Artifacts = artifacts,
        });

    /// <summary>Adds a step.</summary>
    public WorkflowBuilder Step(string id, string uses, StepOptions options)
    {
        var path = FieldPath.Root.Property("steps").Item(_steps.Count);
        _steps.Add(StepNode.Make(id, uses, options, path, _report));
        return this;
    }

    public WorkflowBuilder Description(string text) => Set("description", SourceNode.OfString(text));

    /// <summary>What a job's input must look like: JSON Schema as JSON.</summary>
    public WorkflowBuilder Input(string schema)
    {
        try
        {
            return Set("input", JsonSourceReader.FromJson(JsonElement.Parse(schema)));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            _report.Add(WorkflowFaultCodes.Schema, (0, 0), FieldPath.Root.Property("input"), $"this is not JSON: {exception.Message}");
            return this;
        }
    }

    /// <summary>The job waits until somebody approves it.</summary>
    /// <param name="deadline">The longest wait; none if absent.</param>
    /// <param name="onTimeout">What becomes of a job that nobody approved by then.</param>
    public WorkflowBuilder Approval(TimeSpan? deadline = null, OnTimeout onTimeout = OnTimeout.Reject) => Set("approval", deadline is not { } longest
        ? SourceNode.OfString("required")
        : SourceNode.OfProperties([("deadline", StepNode.OfDuration(longest)), ("on_timeout", SourceNode.OfString(onTimeout.ToText()))]));

    /// <summary>What a job takes of its tenant's account of a meter: held from the submission on, charged when the job completes.</summary>
    /// <param name="meter"><c>^[a-z][a-z0-9._-]{0,62}$</c>.</param>
    /// <param name="estimate">Units to hold: a number, or one <c>${...}</c> over the input.</param>
    /// <param name="actual">Units to charge: a number, or one <c>${...}</c>; the estimate if absent.</param>
    /// <param name="hold">After which time the estimate is held no longer.</param>
    public WorkflowBuilder Quota(string meter, object estimate, object? actual = null, TimeSpan? hold = null)
    {
        var path = FieldPath.Root.Property("quota");
        List<(string, SourceNode)> keys = [("meter", SourceNode.OfString(meter)), ("estimate", StepNode.OfObject(estimate, path.Property("estimate"), _report))];
        if (actual is not null) keys.Add(("actual", StepNode.OfObject(actual, path.Property("actual"), _report)));
        if (hold is { } longest) keys.Add(("hold", StepNode.OfDuration(longest)));
        return Set("quota", SourceNode.OfProperties(keys));
    }

    /// <summary>1..10.</summary>
    public WorkflowBuilder MaxRecoveryAttempts(int count) => Set("max_recovery_attempts", SourceNode.OfNumber(count));

    /// <summary>The longest time of a whole job.</summary>
    public WorkflowBuilder Timeout(TimeSpan timeout) => Set("timeout", StepNode.OfDuration(timeout));

    /// <summary>The job's output: anything that becomes JSON; texts may hold <c>${...}</c>.</summary>
    public WorkflowBuilder Output(object output) => Set("output", StepNode.OfObject(output, FieldPath.Root.Property("output"), _report));

    /// <summary>Checks everything and makes the definition.</summary>
    /// <exception cref="WorkflowDefinitionException">Lists every fault.</exception>
    public WorkflowDefinition Build()
    {
        var root = SourceNode.OfProperties([.. _keys.Select(pair => (pair.Key, pair.Value)), ("steps", SourceNode.OfItems(_steps))]);
        var report = _report.Copy();
        if (root.Depth() > WorkflowLimits.Nesting)
            report.Add(WorkflowFaultCodes.TooLarge, root, FieldPath.Root, $"values nest at most {WorkflowLimits.Nesting} deep");
        return DefinitionCompiler.Compile(root, report).WithAttachments(_attachments.ToImmutableSortedDictionary(StringComparer.Ordinal));
    }

    private WorkflowBuilder Set(string key, SourceNode value)
    {
        _keys[key] = value;
        return this;
    }
}
