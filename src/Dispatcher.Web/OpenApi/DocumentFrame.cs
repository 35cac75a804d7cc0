using System.Reflection;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Dispatcher.Web.OpenApi;

/// <summary>What the document says of the gateway as a whole.</summary>
internal sealed class DocumentFrame : IOpenApiDocumentTransformer
{
    public const string KeyScheme = "key";
    public const string ProblemSchema = "Problem";
    public const string FaultSchema = "Fault";

    private static readonly IReadOnlyList<(string Name, string Meaning)> Tags =
    [
        ("jobs", "Make, list, read and command jobs."),
        ("workflows", "The registry of workflows: a version never changes."),
        ("artifacts", "The files that steps leave."),
        ("bulk", "One command to many jobs."),
        ("stats", "How many jobs there are, and what waits."),
        ("health", "For load balancers and process managers."),
        ("metrics", "For Prometheus."),
        ("live", "Events as they happen."),
        ("workers", "Steps that programs outside carry out."),
        ("callbacks", "Signed posts of events, and their log."),
        ("quota", "What the tenant may use of meters, and what it uses."),
        ("keys", "Who may call."),
        ("admin", "The nodes, shards and log of the machine, for its operator."),
    ];

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Dispatcher",
            Version = typeof(DocumentFrame).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0",
            Description = "A durable job dispatcher. Names are in snake_case, times are RFC 3339 in UTC, ids are opaque. Refusals are problem details (RFC 9457) with a stable `code`. "
                + "Fields that have no value are absent; answers may get new fields.",
            License = new OpenApiLicense { Name = "Apache-2.0", Identifier = "Apache-2.0" },
            Contact = new OpenApiContact { Name = "The Dispatcher authors" },
        };
        document.Servers = [new OpenApiServer { Url = "/", Description = "This server." }];
        var used = document.Paths.Values.SelectMany(path => (IEnumerable<OpenApiOperation>?)path.Operations?.Values ?? []).SelectMany(operation => operation.Tags ?? new HashSet<OpenApiTagReference>())
            .Select(tag => tag.Name).ToHashSet(StringComparer.Ordinal);
        document.Tags = Tags.Where(tag => used.Contains(tag.Name)).Select(tag => new OpenApiTag { Name = tag.Name, Description = tag.Meaning }).ToHashSet();
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal) { [KeyScheme] = Key() };
        document.AddComponent(ProblemSchema, (IOpenApiSchema)Problem());
        document.AddComponent(FaultSchema, (IOpenApiSchema)Fault());
        return Task.CompletedTask;
    }

    private static OpenApiSecurityScheme Key() => new()
    {
        Type = SecuritySchemeType.Http,
        Scheme = "bearer",
        Description = "An API key (`dk_...`), or a JSON Web Token where the server takes them. A server without keys serves only its own machine, and needs none.",
    };

    private static OpenApiSchema Problem() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "Why a request was refused (RFC 9457).",
        Required = new HashSet<string>(StringComparer.Ordinal) { "status", "title", "detail", "code", "correlation_id" },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["type"] = Text("urn:dispatcher:problem: and the code."),
            ["title"] = Text("The status in words."),
            ["status"] = Number("The HTTP status."),
            ["detail"] = Text("What was wrong, where, and what to do."),
            ["instance"] = Text("The path of the request."),
            ["code"] = Text("The kind of refusal: stable, for programs."),
            ["correlation_id"] = Text("Names the request in the server's log."),
            ["faults"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchemaReference(FaultSchema), Description = "Each thing that is wrong." },
            ["path"] = Text("The field of a body that cannot be read."),
            ["line"] = Number("Its line, from 1."),
            ["byte_in_line"] = Number("Its place in that line, from 1."),
            ["job_id"] = Text("The job that is meant."),
            ["job_status"] = Text("Its status now."),
            ["ended_by"] = Text("The event that ended a worker's lease."),
            ["version"] = Number("Its version now."),
            ["meter"] = Text("The meter of which there is not enough."),
            ["needed"] = Number("Units that were asked for."),
            ["plan"] = Text("The account's plan."),
            ["limit"] = Number("Units of the plan."),
            ["used"] = Number("Units that were charged."),
            ["reserved"] = Number("Units that are kept for others."),
            ["remaining"] = Number("Units that are free."),
            ["upgrade"] = Text("How to get more, for people."),
            ["allowed"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = Text("A command."), Description = "The commands that it allows now." },
        },
    };

    private static OpenApiSchema Fault() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "One thing that is wrong.",
        Required = new HashSet<string>(StringComparer.Ordinal) { "path", "message" },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["path"] = Text("The field; empty for the whole."),
            ["message"] = Text("What is wrong with it."),
            ["line"] = Number("Its line in a text, from 1."),
            ["column"] = Number("Its column in that line, from 1."),
            ["code"] = Text("The kind of fault in a workflow definition."),
        },
    };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };

    private static OpenApiSchema Number(string description) => new() { Type = JsonSchemaType.Integer, Format = "int64", Description = description };
}
