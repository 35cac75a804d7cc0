using System.Text.Json;

namespace Dispatcher.Web.Jobs.Commanding;

/// <summary>Why a command is given; recorded in its event.</summary>
internal sealed record CommandRequest
{
    /// <summary>At most 500 characters.</summary>
    public string? Reason { get; init; }
}

/// <summary>A decision about a job that waits for approval, or a step of it that does.</summary>
internal sealed record DecisionRequest
{
    /// <summary>The step, as <c>review</c> or, of an item, <c>review[3]</c>. The job itself or its only step that waits, if absent.</summary>
    public string? Step { get; init; }

    /// <summary>At most 500 characters.</summary>
    public string? Reason { get; init; }
}

/// <summary>Another input for a job that nobody has approved yet.</summary>
internal sealed record AmendRequest
{
    /// <summary>The whole new input, an object of at most 256 KiB that fits the workflow's schema; without one the job has none.</summary>
    public JsonElement? Input { get; init; }

    /// <summary>At most 500 characters.</summary>
    public string? Reason { get; init; }
}

/// <summary>From where a failed job goes on.</summary>
internal sealed record RecoverRequest
{
    /// <summary>The id of a step: it and all that need it are reset, earlier results stay.</summary>
    public required string FromStep { get; init; }

    /// <summary>True: other steps that did not end well are passed over (skipped). Else they run again, too.</summary>
    public bool? PassOver { get; init; }

    /// <summary>At most 500 characters.</summary>
    public string? Reason { get; init; }
}

/// <summary>Another priority.</summary>
internal sealed record PriorityRequest
{
    /// <summary>-100..100; a higher one is admitted first.</summary>
    public required int Priority { get; init; }

    /// <summary>At most 500 characters.</summary>
    public string? Reason { get; init; }
}
