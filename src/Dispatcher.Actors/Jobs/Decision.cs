namespace Dispatcher.Jobs;

/// <summary>What the law says to a command.</summary>
public abstract record Decision
{
    private Decision()
    {
    }

    /// <summary>These events happen, in this order; at least one.</summary>
    public sealed record Accepted(IReadOnlyList<JobEvent> Events) : Decision;

    /// <summary>The command's effect is there already, or it came too late to matter: nothing happens, and that is no error.</summary>
    public sealed record Unchanged : Decision
    {
        public static Unchanged Instance { get; } = new();
    }

    /// <summary>The command is not allowed now.</summary>
    public sealed record Rejected(Rejection Rejection) : Decision;

    internal static Decision Of(params JobEvent[] events) => new Accepted(events);

    internal static Decision Refuse(string code, string message) => new Rejected(new Rejection(code, message));
}

/// <summary>A refusal that a person can act on.</summary>
/// <param name="Code">A stable word: <c>invalid-status</c>.</param>
/// <param name="Message">What was wrong and what is allowed.</param>
public sealed record Rejection(string Code, string Message)
{
    /// <summary>Of a refusal for want of quota.</summary>
    public QuotaShortage? Quota { get; init; }
}
