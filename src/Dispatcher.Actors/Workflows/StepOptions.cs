using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>What a step of <see cref="WorkflowBuilder"/> may have beside its id and its handler; each absent one has the default of the YAML key.</summary>
public sealed record StepOptions
{
    /// <summary>Ids of steps that must end well first.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>How often the step is tried again after its first attempt; the short form of <see cref="Retry"/>.</summary>
    public int? Retries { get; init; }

    /// <summary>The whole retry policy; not together with <see cref="Retries"/>.</summary>
    public RetryPolicy? Retry { get; init; }

    /// <summary>The longest time of one attempt.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The longest silence of a handler that sends heartbeats.</summary>
    public TimeSpan? HeartbeatTimeout { get; init; }

    /// <summary>The step's weight in the job's progress.</summary>
    public TimeSpan? EstimatedDuration { get; init; }

    /// <summary>What the handler receives: anything that becomes a JSON object; texts may hold <c>${...}</c>.</summary>
    public object? With { get; init; }

    /// <summary>The admission stage; the handler's if absent.</summary>
    public string? Stage { get; init; }

    /// <summary>One <c>${...}</c> that is true or false.</summary>
    public string? When { get; init; }

    /// <summary>One <c>${...}</c> that is a list, or a list.</summary>
    public object? ForEach { get; init; }

    public int? MaxConcurrency { get; init; }

    public OnError? OnError { get; init; }

    /// <summary>The files that the step leaves: paths by name.</summary>
    public IReadOnlyDictionary<string, string>? Artifacts { get; init; }
}
