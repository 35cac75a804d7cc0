using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>
/// What a job runs: a named, versioned graph of steps. Written as YAML, as JSON or with <see cref="Create"/>; all three are checked alike and
/// equal definitions have equal hashes. Immutable.
/// </summary>
public sealed class WorkflowDefinition
{
    private static readonly JsonSchema AnyInput = new();

    internal WorkflowDefinition(JobPlan plan, string canonicalJson) => (Plan, CanonicalJson) = (plan, canonicalJson);

    /// <summary><c>^[a-z][a-z0-9-]{0,62}$</c>; with the version it is unique in a registry.</summary>
    public string Name => Plan.Name;

    /// <summary>1 or more.</summary>
    public int Version => Plan.Version;

    public string? Description { get; internal init; }

    /// <summary>True: a job waits in <c>pending</c> until somebody approves it.</summary>
    public bool ApprovalRequired => Plan.ApprovalRequired;

    /// <summary>How often a failed job may be recovered, 1..10.</summary>
    public int MaxRecoveryAttempts => Plan.MaxRecoveryAttempts;

    /// <summary>The longest time of a whole job; none if absent.</summary>
    public TimeSpan? Timeout => Plan.Timeout;

    /// <summary>What a job's input must look like; null accepts anything.</summary>
    public JsonSchema? InputSchema { get; internal init; }

    /// <summary>In the order in which they are written.</summary>
    public ImmutableArray<StepDefinition> Steps { get; internal init; } = [];

    /// <summary>The job's output; null if it has none.</summary>
    public Template? Output { get; internal init; }

    /// <summary>What a job takes of a meter; null if nothing.</summary>
    public QuotaDefinition? Quota { get; internal init; }

    /// <summary>What the law of a job needs of this definition; all its jobs share it.</summary>
    public JobPlan Plan { get; }

    /// <summary>
    /// The definition as JSON with sorted keys and one spelling for each value. Only what was written is in it, so that a default that
    /// is added later changes no hash. Parsing it gives this definition again.
    /// </summary>
    public string CanonicalJson { get; }

    /// <summary>SHA-256 of <see cref="CanonicalJson"/> in UTF-8, lower-case hex.</summary>
    public string Hash => Plan.Hash;

    /// <summary>What a job pins.</summary>
    public WorkflowReference Reference => new(Name, Version, Hash);

    /// <summary>
    /// The objects that the builder attached to handler names with <see cref="WorkflowBuilder.Attach"/> (lambdas); not part of the definition's
    /// data, so empty for one that was read from text.
    /// </summary>
    public ImmutableSortedDictionary<string, object> Attachments { get; internal init; } = ImmutableSortedDictionary<string, object>.Empty;

    /// <summary>The document that faults found later refer to.</summary>
    internal FaultReport? Source { get; init; }

    /// <summary>
    /// Reads a definition from YAML 1.2 or, if it starts with <c>{</c>, from JSON. JSON that has <c>StartAt</c> and <c>States</c> is a state machine in the Amazon States
    /// Language; it is called as its source is, in version 1.
    /// </summary>
    /// <param name="text">At most <see cref="WorkflowLimits.DocumentBytes"/> in UTF-8.</param>
    /// <param name="sourceName">What errors call the text: usually the file's name.</param>
    /// <exception cref="WorkflowDefinitionException">Lists every fault with its line and column.</exception>
    public static WorkflowDefinition Parse(string text, string? sourceName = null) => DefinitionCompiler.Read(text, sourceName ?? "workflow");

    /// <summary>The same; a state machine, which has no name and version of its own, gets these.</summary>
    public static WorkflowDefinition Parse(string text, string sourceName, string name, int version) => DefinitionCompiler.Read(text, sourceName, (name, version));

    /// <summary>Starts a definition in C#.</summary>
    public static WorkflowBuilder Create(string name, int version) => new(name, version);

    /// <summary>
    /// The faults that show only when the handlers are known: names that nobody has, and values in <c>with</c> that do not fit the handler's schema.
    /// </summary>
    /// <param name="find">A handler by its name; null if there is none.</param>
    /// <param name="knownNames">All names, for suggestions.</param>
    public IReadOnlyList<WorkflowFault> CheckHandlers(Func<string, HandlerDescription?> find, IEnumerable<string> knownNames) =>
        HandlerCheck.Faults(this, find, [.. knownNames]);

    /// <summary>This definition with the handlers' own stages for the steps that name none; the hash stays.</summary>
    public WorkflowDefinition WithDefaultStages(Func<string, HandlerDescription?> find)
    {
        var steps = Steps.Select(Staged).ToImmutableArray();
        var plan = new JobPlan(Name, Version, Hash, [.. steps.Select(step => step.Plan)])
        {
            ApprovalRequired = ApprovalRequired,
            ApprovalDeadline = Plan.ApprovalDeadline,
            ApprovalOnTimeout = Plan.ApprovalOnTimeout,
            MaxRecoveryAttempts = MaxRecoveryAttempts,
            Timeout = Timeout,
        };
        return Copy(plan, steps, Attachments);

        StepDefinition Staged(StepDefinition step) =>
            step.NamesStage || find(step.Uses) is not { } handler ? step : step with { Plan = step.Plan with { Stage = handler.DefaultStage } };
    }

    /// <summary>All that is wrong with a job's input; empty if it fits.</summary>
    public IReadOnlyList<SchemaFault> ValidateInput(JsonElement? input) => InputSchema?.Validate(input) ?? [];

    /// <summary>The input that expressions see: with the schema's defaults, and an empty object if there is none.</summary>
    public JsonElement ApplyInputDefaults(JsonElement? input) => (InputSchema ?? AnyInput).ApplyDefaults(input);

    internal FaultReport NewReport() => Source!.Fresh();

    internal WorkflowDefinition WithAttachments(ImmutableSortedDictionary<string, object> attachments) => Copy(Plan, Steps, attachments);

    private WorkflowDefinition Copy(JobPlan plan, ImmutableArray<StepDefinition> steps, ImmutableSortedDictionary<string, object> attachments) =>
        new(plan, CanonicalJson)
        {
            Description = Description,
            InputSchema = InputSchema,
            Steps = steps,
            Output = Output,
            Quota = Quota,
            Attachments = attachments,
            Source = Source,
        };
}
