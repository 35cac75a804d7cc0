using System.Diagnostics.Metrics;
using Dispatcher.Feed.Callbacks;
using Dispatcher.Kernel;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher;

/// <summary>The edges of a node: all that its engine touches outside itself. A simulation replaces each of them.</summary>
public sealed record NodeEdges
{
    public required IJobStore Store { get; init; }

    public required HandlerRegistry Handlers { get; init; }

    public required IArtifactStore Artifacts { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Without them callbacks stay in the store until a node that has them sends them.</summary>
    public CallbackEdges? Callbacks { get; init; }

    /// <summary>The cluster that the node joins; without it the node is alone, and every job is its own.</summary>
    public IClusterStore? Cluster { get; init; }

    /// <summary>Without it there are no schedules and no patterns.</summary>
    public IScheduleStore? Schedules { get; init; }

    /// <summary>Without it nothing is ever deleted.</summary>
    public IRetentionStore? Retention { get; init; }

    /// <summary>Without it holds end with their jobs alone, and no account gets the default plan.</summary>
    public IQuotaStore? Quota { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public ActorScheduler Scheduler { get; init; } = ActorScheduler.ThreadPool;

    /// <summary>Where the node makes its instruments; without one nothing is measured. It belongs to whoever made it.</summary>
    public Meter? Meter { get; init; }

    /// <summary>Ids and chance; from the clock and the system's generator if absent.</summary>
    public IdGenerator? Ids { get; init; }
}
