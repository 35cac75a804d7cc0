using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Dispatcher.Steps.Admission;

/// <summary>
/// The admission of a node: every start of every step passes here, each in the stage that its step names. Stages share nothing, so one
/// that is full never holds up another. They are made when first named, and are kept.
/// </summary>
public sealed class AdmissionPoint : IDisposable
{
    /// <summary>Stages of one node. Names come from workflow definitions, and a runaway source of names must not eat memory.</summary>
    public const int StageLimit = 1_000;

    private readonly ConcurrentDictionary<string, RenderStage> _stages = new(StringComparer.Ordinal);
    private readonly Lock _making = new();
    private readonly Func<string, StageLimits> _limitsOf;
    private readonly TimeProvider _time;
    private readonly Action<AdmissionTicket, Exception>? _onListenerError;
    private readonly Action<RenderStage>? _exchange;
    private bool _disposed;

    /// <param name="limitsOf">The limits of a stage by its name; asked when it is made, and again by <see cref="RefreshLimits"/>.</param>
    /// <param name="time">The clock of the node.</param>
    /// <param name="onListenerError">Gets what a listener threw; its stage goes on. Without it such an exception is dropped.</param>
    /// <param name="exchange">For a node of a cluster: <inheritdoc cref="RenderStage(string, StageLimits, TimeProvider, Action{AdmissionTicket, Exception}?, Action{RenderStage}?)" path="/param[@name='exchange']"/></param>
    public AdmissionPoint(
        Func<string, StageLimits> limitsOf, TimeProvider time, Action<AdmissionTicket, Exception>? onListenerError = null, Action<RenderStage>? exchange = null) =>
        (_limitsOf, _time, _onListenerError, _exchange) = (limitsOf, time, onListenerError, exchange);

    /// <summary>The stages that exist now, in the order of their names.</summary>
    public ImmutableArray<RenderStage> Stages => [.. _stages.Values.OrderBy(stage => stage.Name, StringComparer.Ordinal)];

    /// <summary>What each stage does now, in the order of their names; each stage's counts are of one instant.</summary>
    public ImmutableArray<StageStatistics> Statistics => [.. Stages.Select(stage => stage.Statistics)];

    /// <exception cref="TooManyStagesException">The stage would be one more than <see cref="StageLimit"/>.</exception>
    public RenderStage StageOf(string name) => _stages.TryGetValue(name, out var stage) ? stage : Make(name);

    /// <inheritdoc cref="RenderStage.TryAdmit"/>
    /// <exception cref="TooManyStagesException">The ticket names a stage too many.</exception>
    public bool TryAdmit(AdmissionTicket ticket) => StageOf(ticket.Stage).TryAdmit(ticket);

    /// <inheritdoc cref="RenderStage.Occupy"/>
    /// <exception cref="TooManyStagesException">The ticket names a stage too many.</exception>
    public void Occupy(AdmissionTicket ticket) => StageOf(ticket.Stage).Occupy(ticket);

    /// <inheritdoc cref="RenderStage.Release"/>
    public void Release(AdmissionTicket ticket) => StageOf(ticket.Stage).Release(ticket);

    /// <inheritdoc cref="RenderStage.Withdraw"/>
    public bool Withdraw(AdmissionTicket ticket) => StageOf(ticket.Stage).Withdraw(ticket);

    /// <inheritdoc cref="RenderStage.Explain"/>
    public AdmissionWait? Explain(AdmissionTicket ticket) => StageOf(ticket.Stage).Explain(ticket);

    /// <inheritdoc cref="RenderStage.Forecast"/>
    /// <returns>Null if no step has come to the stage yet.</returns>
    public StageForecast? Forecast(string stage, TimeSpan unseenHold) => _stages.TryGetValue(stage, out var known) ? known.Forecast(unseenHold) : null;

    /// <inheritdoc cref="RenderStage.Reprioritise"/>
    public void Reprioritise(AdmissionTicket ticket, int priority) => StageOf(ticket.Stage).Reprioritise(ticket, priority);

    /// <summary>Asks again for the limits of every stage: the configuration has changed.</summary>
    public void RefreshLimits()
    {
        foreach (var stage in Stages) stage.UpdateLimits(_limitsOf(stage.Name));
    }

    /// <summary>From each view of the cluster: stages in which some node needs more places than it holds.</summary>
    internal void LookAgain(ImmutableArray<string> shortStages)
    {
        foreach (var (name, stage) in _stages) stage.LookAgain(shortStages.Contains(name));
    }

    /// <summary>From another node: places of the stage have come free, or are wanted.</summary>
    internal void LookAgain(string name)
    {
        if (_stages.TryGetValue(name, out var stage)) stage.LookAgain(isShort: true);
    }

    /// <summary>The node stands down: no stage admits anything any more.</summary>
    public void Dispose()
    {
        lock (_making)
        {
            _disposed = true;
            foreach (var stage in _stages.Values) stage.Dispose();
        }
    }

    private RenderStage Make(string name)
    {
        lock (_making)
        {
            if (_stages.TryGetValue(name, out var made)) return made;
            if (_stages.Count >= StageLimit) throw new TooManyStagesException(name);
            var stage = new RenderStage(name, _limitsOf(name), _time, _onListenerError, _exchange);
            if (_disposed) stage.Dispose();
            _stages[name] = stage;
            return stage;
        }
    }
}

/// <summary>Steps name more stages than a node keeps.</summary>
public sealed class TooManyStagesException(string stage) : Exception(
    $"The stage '{stage}' would be one more than the {AdmissionPoint.StageLimit} that a node keeps. Let more steps share a stage.")
{
    public string Stage { get; } = stage;
}
