using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows.Patterns;

/// <summary>
/// A job to be made again and again with other parameters: which workflow, and templates of its input, labels and priority over <c>${params.x}</c>. A version
/// never changes once it is registered.
/// </summary>
public sealed record PatternDefinition
{
    public required string Id { get; init; }

    /// <summary>From 1.</summary>
    public required int Version { get; init; }

    public string? Description { get; init; }

    /// <summary>A JSON Schema of the parameters; whatever it is, they are one object.</summary>
    public JsonElement? Params { get; init; }

    /// <summary>A workflow's name in the tenant's registry, also one with expressions in it; null for <see cref="Pinned"/>.</summary>
    public string? Workflow { get; init; }

    /// <summary>The newest at each use if null.</summary>
    public int? WorkflowVersion { get; init; }

    /// <summary>A definition that the pattern brought itself, stored by its hash.</summary>
    public WorkflowReference? Pinned { get; init; }

    /// <summary>A template of the input; the parameters themselves if null.</summary>
    public JsonElement? Input { get; init; }

    /// <summary>An object of templates of texts.</summary>
    public JsonElement? Labels { get; init; }

    /// <summary>A number, or an expression that gives one.</summary>
    public JsonElement? Priority { get; init; }

    /// <summary>What the owner keeps with it.</summary>
    public JsonElement? Metadata { get; init; }
}
