using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Workflows.Asl;

namespace Dispatcher.Workflows;

/// <summary>Turns a document into a definition, or reports all that is wrong with it.</summary>
internal sealed class DefinitionCompiler
{
    private const int DefaultRecoveryAttempts = 3;

    private static readonly string[] Keys =
        ["name", "version", "description", "approval", "max_recovery_attempts", "timeout", "quota", "input", "steps", "output"];

    private readonly Fields _fields;
    private readonly FaultReport _report;
    private JsonSchema? _input;

    private DefinitionCompiler(Fields fields, FaultReport report) => (_fields, _report) = (fields, report);

    /// <summary>Reads YAML or JSON.</summary>
    /// <exception cref="WorkflowDefinitionException">Lists every fault.</exception>
    /// <param name="identity">The name and version of a state machine, which has none of its own.</param>
    public static WorkflowDefinition Read(string text, string sourceName, (string Name, int Version)? identity = null)
    {
        text = text.TrimStart('\uFEFF');
        var report = new FaultReport(sourceName, new SourceText(text));
        if (Encoding.UTF8.GetByteCount(text) is var bytes and > WorkflowLimits.DocumentBytes)
        {
            report.Add(WorkflowFaultCodes.TooLarge, (1, 1), FieldPath.Root,
                $"a definition has at most {WorkflowLimits.DocumentBytes} bytes, not {bytes}");
            report.ThrowIfAny();
        }

        var isJson = text.AsSpan().TrimStart() is ['{', ..];
        var root = isJson ? JsonSourceReader.Read(text, report) : YamlSourceReader.Read(text, report);
        if (root is not null && isJson && AslReader.IsStateMachine(root))
        {
            report.Root = root;
            var (name, version) = identity ?? (AslNames.Spell(Path.GetFileName(sourceName).Split('.')[0], signs: ""), 1);
            root = AslReader.Convert(root, name, version, report);
        }

        if (root is null) report.ThrowIfAny();
        return Compile(root!, report);
    }

    /// <exception cref="WorkflowDefinitionException">Lists every fault, those in the report included.</exception>
    public static WorkflowDefinition Compile(SourceNode root, FaultReport report)
    {
        report.Root = root;
        var definition = Fields.Open(root, FieldPath.Root, report, Keys) is { } fields ? new DefinitionCompiler(fields, report).Definition() : null;
        report.ThrowIfAny();
        return definition!;
    }

    private WorkflowDefinition? Definition()
    {
        foreach (var key in (string[])["name", "version", "steps"]) _fields.Require(key);
        var name = _fields.Name("name", NameRule.Workflow) ?? "";
        var version = _fields.Integer("version", 1, int.MaxValue) ?? 0;
        var description = _fields.Text("description");
        if (description?.Length > WorkflowLimits.DescriptionCharacters)
            _fields.Fault(WorkflowFaultCodes.TooLarge,
                "description", $"has at most {WorkflowLimits.DescriptionCharacters} characters, not {description.Length}");
        var approval = ApprovalReader.Read(_fields, _report);
        var recoveries = _fields.Integer("max_recovery_attempts", 1, WorkflowLimits.MaxRecoveryAttempts, DefaultRecoveryAttempts) ?? DefaultRecoveryAttempts;
        var timeout = _fields.Duration("timeout");
        _input = Input();
        var drafts = Drafts();
        var graph = StepGraph.Build(drafts, _report);
        var steps = drafts.Select((draft, index) => Step(draft, index, graph)).ToImmutableArray();
        var atEnd = new ExpressionRules { KnownSteps = graph.Ids, Input = _input };
        var output = _fields.Kept("output") is { } node ? Template(node, FieldPath.Root.Property("output"), 0, atEnd) : null;
        var quota = QuotaReader.Read(_fields, _report, (node, path, isAtSubmission) => Template(node, path, 0, atEnd with { IsBeforeAllSteps = isAtSubmission }));
        if (_report.Count > 0) return null;

        _fields.Keep("steps", SourceNode.OfItems(drafts.Select(draft => draft.Fields.Canonical)));
        var canonical = CanonicalJson.Write(_fields.Canonical);
        var bytes = Encoding.UTF8.GetBytes(canonical);
        if (bytes.Length > WorkflowLimits.DocumentBytes)
        {
            _report.Add(WorkflowFaultCodes.TooLarge, _fields.Node, FieldPath.Root,
                $"a definition has at most {WorkflowLimits.DocumentBytes} bytes as JSON, not {bytes.Length}");
            return null;
        }

        var plan = new JobPlan(name, version, Convert.ToHexStringLower(SHA256.HashData(bytes)), Weighted(steps))
        {
            ApprovalRequired = approval.IsRequired,
            ApprovalDeadline = approval.Deadline,
            ApprovalOnTimeout = approval.OnTimeout,
            MaxRecoveryAttempts = recoveries,
            Timeout = timeout,
        };
        return new WorkflowDefinition(plan, canonical)
        {
            Description = description,
            InputSchema = _input,
            Steps = [.. steps.Select((step, index) => step with { Plan = plan.Steps[index] })],
            Output = output,
            Quota = quota,
            Source = _report,
        };
    }

    private JsonSchema? Input()
    {
        if (_fields.Kept("input") is not { } node) return null;
        var (schema, faults) = JsonSchemaReader.TryRead(CanonicalJson.ToElement(node));
        foreach (var (path, message) in faults)
            _report.Add(WorkflowFaultCodes.Schema, node.Nearest(path), path.Under(FieldPath.Root.Property("input")), message);
        return schema;
    }

    private List<StepDraft> Drafts()
    {
        var items = _fields.Items("steps", JobLimits.Steps);
        if (_fields.Raw("steps") is { Kind: JsonValueKind.Array, Items.IsEmpty: true })
            _fields.Fault(WorkflowFaultCodes.InvalidValue, "steps", "has at least one step");
        return [.. items.Select(item => StepReader.Read(item.Node, item.Path, _report)).OfType<StepDraft>()];
    }

    private StepDefinition Step(StepDraft draft, int index, StepGraph graph)
    {
        var outside = new ExpressionRules { KnownSteps = graph.Ids, EndedSteps = graph.Ancestors(index), Input = _input };
        var inside = outside with { AllowsItem = draft.Plan.IsFanOut };
        var (fields, path) = (draft.Fields, draft.Fields.Path);
        Template? Field(string key, ExpressionRules rules) => fields.Raw(key) is { } node ? Template(node, path.Property(key), 2, rules) : null;
        var step = new StepDefinition
        {
            Plan = draft.Plan with { Needs = graph.Needs(index) },
            Needs = [.. draft.Needs.Select(need => need.Text).Order(StringComparer.Ordinal)],
            When = Field("when", outside),
            ForEach = Field("for_each", outside),
            With = Field("with", inside),
            Artifacts = [.. draft.Artifacts.Select(artifact => new StepArtifact(artifact.Name, Template(artifact.Path, artifact.At, 2, inside)))],
            EstimatedDuration = draft.EstimatedDuration,
            NamesStage = draft.NamesStage,
            Source = new StepSource(path, fields.Raw("uses") ?? fields.Node, fields.Raw("with")),
        };
        CheckKind(step.When, fields, "when", JsonValueKind.True);
        CheckKind(step.ForEach, fields, "for_each", JsonValueKind.Array);
        return step;
    }

    private Template Template(SourceNode node, FieldPath path, int outerParts, ExpressionRules rules)
    {
        void OnFault(SourceNode at, FieldPath place, int offset, string reason) => _report.Add(WorkflowFaultCodes.Expression, at, offset, place, reason);
        var template = new Template(TemplateCompiler.Compile(node, path, OnFault), path, outerParts);
        foreach (var (expression, place) in template.Expressions())
        {
            var at = node.Nearest(place.Below(path));
            new ExpressionChecker(rules, (offset, reason) => OnFault(at, place, offset, reason)).Check(expression);
        }

        return template;
    }

    /// <summary>A condition that is a number, or items that are a text, show before any job runs.</summary>
    private void CheckKind(Template? template, Fields fields, string key, JsonValueKind wanted)
    {
        if (template is null || template.Expressions().FirstOrDefault() is not { Expression: { } expression }) return;
        if (fields.Raw(key)!.Kind == JsonValueKind.String && expression.StaticKind is { } kind && kind != wanted)
            _report.Add(WorkflowFaultCodes.Expression, fields.Raw(key)!, expression.Offset, fields.Path.Property(key),
                $"must be {JsonValues.NameOf(wanted)}, and {expression} is {JsonValues.NameOf(kind)}");
    }

    /// <summary>Steps without an estimate count as much as the mean of those that have one.</summary>
    private static ImmutableArray<StepPlan> Weighted(ImmutableArray<StepDefinition> steps)
    {
        var mean = steps.Select(step => step.EstimatedDuration?.TotalSeconds).Average() ?? 1;
        return [.. steps.Select(step => step.Plan with { Weight = step.EstimatedDuration?.TotalSeconds ?? mean })];
    }
}
