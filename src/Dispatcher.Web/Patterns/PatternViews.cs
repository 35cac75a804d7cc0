using System.Text.Json;
using System.Text.Json.Serialization;
using Dispatcher.Store;
using Dispatcher.Web.Jobs.Creating;
using Dispatcher.Web.Requests;

namespace Dispatcher.Web.Patterns;

/// <summary>A registered version of a pattern.</summary>
internal sealed record PatternView
{
    public required string Id { get; init; }

    public required int Version { get; init; }

    public string? Description { get; init; }

    public JsonElement? Params { get; init; }

    public string? Workflow { get; init; }

    public int? WorkflowVersion { get; init; }

    public JsonElement? Input { get; init; }

    public JsonElement? Labels { get; init; }

    public JsonElement? Priority { get; init; }

    public JsonElement? Metadata { get; init; }

    public required DateTimeOffset RegisteredAt { get; init; }

    public required SelfLink Links { get; init; }

    public static PatternView Of(RegisteredPattern registered)
    {
        var pattern = registered.Pattern;
        return new PatternView
        {
            Id = pattern.Id,
            Version = pattern.Version,
            Description = pattern.Description,
            Params = pattern.Params,
            Workflow = pattern.Workflow ?? pattern.Pinned?.Name,
            WorkflowVersion = pattern.WorkflowVersion ?? pattern.Pinned?.Version,
            Input = pattern.Input,
            Labels = pattern.Labels,
            Priority = pattern.Priority,
            Metadata = pattern.Metadata,
            RegisteredAt = registered.RegisteredAt,
            Links = new SelfLink($"{ApiPaths.Root}/patterns/{pattern.Id}/versions/{pattern.Version.ToString(System.Globalization.CultureInfo.InvariantCulture)}"),
        };
    }
}

/// <summary>Patterns in the order of their ids and versions.</summary>
/// <param name="Next">Give it as <c>cursor</c> for the next page; absent at the end.</param>
internal sealed record PatternPage(IReadOnlyList<PatternView> Patterns, string? Next);

/// <summary>Source-generated JSON of patterns.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PatternRequest))]
[JsonSerializable(typeof(UsePatternRequest))]
[JsonSerializable(typeof(PatternView))]
[JsonSerializable(typeof(PatternPage))]
internal sealed partial class PatternsJson : JsonSerializerContext;
