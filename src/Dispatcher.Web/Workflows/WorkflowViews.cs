using System.Text.Json;
using Dispatcher.Store;
using Dispatcher.Web.Requests;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Workflows;

/// <summary>A registered version in a list.</summary>
/// <param name="Hash">SHA-256 of the definition's canonical JSON, lower-case hex: what jobs pin.</param>
internal sealed record WorkflowListItem(string Name, int Version, string Hash, DateTimeOffset RegisteredAt, WorkflowLinks Links)
{
    public static WorkflowListItem Of(RegisteredWorkflow workflow) =>
        new(workflow.Name, workflow.Version, workflow.Hash, workflow.RegisteredAt, WorkflowLinks.Of(workflow.Name, workflow.Version));
}

/// <summary>Registered workflows in the order of their names, or the versions of one in their order.</summary>
/// <param name="Next">Give it as <c>cursor</c> for the next page; absent at the end.</param>
internal sealed record WorkflowPage(IReadOnlyList<WorkflowListItem> Workflows, string? Next);

/// <summary>A registered version with its definition.</summary>
internal sealed record WorkflowDetails
{
    public required string Name { get; init; }

    public required int Version { get; init; }

    /// <summary>SHA-256 of the definition's canonical JSON, lower-case hex: what jobs pin.</summary>
    public required string Hash { get; init; }

    public required DateTimeOffset RegisteredAt { get; init; }

    public string? Description { get; init; }

    /// <summary>True: a job waits until somebody approves it.</summary>
    public required bool ApprovalRequired { get; init; }

    public required IReadOnlyList<WorkflowStep> Steps { get; init; }

    /// <summary>All that was registered, as canonical JSON.</summary>
    public required JsonElement Definition { get; init; }

    public required WorkflowLinks Links { get; init; }

    public static WorkflowDetails Of(RegisteredWorkflow registered, WorkflowDefinition definition) => new()
    {
        Name = registered.Name,
        Version = registered.Version,
        Hash = registered.Hash,
        RegisteredAt = registered.RegisteredAt,
        Description = definition.Description,
        ApprovalRequired = definition.ApprovalRequired,
        Steps = [.. definition.Plan.Steps.Select(step => new WorkflowStep(step.Id, step.Handler, step.Stage, [.. step.Needs.Select(need => definition.Plan.Steps[need].Id)], step.IsFanOut))],
        Definition = JsonElement.Parse(definition.CanonicalJson),
        Links = WorkflowLinks.Of(registered.Name, registered.Version),
    };
}

/// <summary>A step of a workflow in short.</summary>
/// <param name="Uses">The name of its handler.</param>
/// <param name="Stage">Its admission stage.</param>
/// <param name="Needs">Ids of the steps that must end before it.</param>
/// <param name="ForEach">True when it runs once for each item of a list.</param>
internal sealed record WorkflowStep(string Id, string Uses, string Stage, IReadOnlyList<string> Needs, bool ForEach);

/// <summary>Where a version and its siblings are.</summary>
internal sealed record WorkflowLinks(string Self, string Versions)
{
    public static WorkflowLinks Of(string name, int version) => new(ApiPaths.Workflow(name, version), $"{ApiPaths.Root}/workflows/{name}/versions");
}
