namespace Dispatcher.Jobs;

/// <summary>The bounds of one job; each is refused with an error that names the limit.</summary>
public static class JobLimits
{
    public const int Steps = 100;
    public const int FanOutItems = 10_000;

    /// <summary>Bytes of a job's input or a step's output as JSON; bigger data goes to the artifact store, by reference.</summary>
    public const int PayloadBytes = 256 * 1024;

    /// <summary>Items of one fan-out that are queued or run at once, when the step names no bound of its own.</summary>
    public const int FanOutWindow = 256;

    /// <summary>How far a child may be below the first job that made children.</summary>
    public const int ChildDepth = 10;

    /// <summary>Characters of a worker's name, and of what an approver is asked.</summary>
    public const int WorkerCharacters = 200;
    public const int PromptCharacters = 2000;
    public const int Labels = 32;
    public const int LabelCharacters = 128;
    public const int Dependencies = 100;
    public const int PriorityMagnitude = 100;
    public const int ReasonCharacters = 500;

    /// <summary>Units of a meter in one plan, reservation or charge: sums of them fit into 64 bits.</summary>
    public const long QuotaAmount = 1_000_000_000_000;

    /// <summary>Characters of an idempotency key or a correlation id.</summary>
    public const int KeyCharacters = 200;
}
