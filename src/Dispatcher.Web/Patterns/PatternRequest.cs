using System.Text.Json;

namespace Dispatcher.Web.Patterns;

/// <summary>A pattern as somebody registers it; its id and version are those of the address.</summary>
internal sealed record PatternRequest
{
    /// <summary>At most 2,000 characters.</summary>
    public string? Description { get; set; }

    /// <summary>A JSON Schema of the parameters, which are one object.</summary>
    public JsonElement? Params { get; set; }

    /// <summary>The workflow's name in the tenant's registry; may hold ${params.x}.</summary>
    public string? Workflow { get; set; }

    /// <summary>The workflow's version; the newest at each use if absent.</summary>
    public int? WorkflowVersion { get; set; }

    /// <summary>A workflow definition of this pattern alone, in place of a workflow.</summary>
    public JsonElement? Definition { get; set; }

    /// <summary>The jobs' input: an object whose texts may hold ${params.x}, or one such expression; the parameters themselves if absent.</summary>
    public JsonElement? Input { get; set; }

    /// <summary>Labels of the jobs, whose values may hold ${params.x}.</summary>
    public JsonElement? Labels { get; set; }

    /// <summary>-100..100, or an expression that gives one.</summary>
    public JsonElement? Priority { get; set; }

    /// <summary>What the owner keeps with it: any JSON of at most 64 KiB.</summary>
    public JsonElement? Metadata { get; set; }
}

/// <summary>A job that is to be made of a pattern.</summary>
internal sealed record UsePatternRequest
{
    /// <summary>One object that fits the pattern's schema.</summary>
    public JsonElement? Params { get; set; }

    /// <summary>The pattern's version; the newest if absent.</summary>
    public int? Version { get; set; }

    /// <summary>1 to 200 characters: a second request with this key gives the first one's job. Also as the header Idempotency-Key.</summary>
    public string? IdempotencyKey { get; set; }
}
