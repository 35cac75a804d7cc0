using System.Globalization;
using System.Text.Json.Nodes;
using Dispatcher.Web.Access;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Dispatcher.Web.OpenApi;

/// <summary>Completes an operation: refusals with their codes, who may call, headers, bodies that are no JSON, and an example.</summary>
internal sealed class OperationNotes : IOpenApiOperationTransformer
{
    private const string ProblemType = "application/problem+json";

    private static readonly string[] AnyType = ["*/*"];

    private static readonly ProblemCode[] OfAll = [ProblemCode.InvalidHeader, ProblemCode.MisdirectedRequest, ProblemCode.InternalError, ProblemCode.Unavailable];
    private static readonly ProblemCode[] OfGuarded = [ProblemCode.Unauthorized, ProblemCode.Forbidden, ProblemCode.KeysRequired, ProblemCode.TooManyRequests];
    private static readonly ProblemCode[] OfBodies = [ProblemCode.InvalidJson, ProblemCode.InvalidBody, ProblemCode.BadRequest, ProblemCode.TooLarge, ProblemCode.UnsupportedMediaType, ProblemCode.RequestTimeout, ProblemCode.CrossOrigin];

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.Responses ??= [];
        operation.Description ??= operation.Summary;
        Parameters(operation, metadata);
        Body(operation, metadata);
        foreach (var note in metadata.OfType<EmptyAnswerNote>()) operation.Responses[Text(note.Status)] = new OpenApiResponse { Description = note.Meaning };
        if (metadata.OfType<FileNote>().LastOrDefault() is { } file) operation.Responses["200"] = FileAnswer(file);
        if (metadata.OfType<PartNote>().LastOrDefault() is { } part) operation.Responses["206"] = FileAnswer(new FileNote(part.Meaning, []));
        Headers(operation, metadata);
        if (metadata.OfType<AccessRule>().LastOrDefault() is { Role: { } role }) Guard(operation, context.Document!, role);
        Refusals(operation, context.Document!, CodesOf(operation, metadata));
        if (metadata.OfType<ErrorNote>().LastOrDefault() is { } errors) Errors(operation, errors);
        return Task.CompletedTask;
    }

    private static IEnumerable<ProblemCode> CodesOf(OpenApiOperation operation, IList<object> metadata)
    {
        if (metadata.OfType<AccessRule>().LastOrDefault() is not { Role: not null }) return [];
        IEnumerable<ProblemCode> codes = [.. OfAll, .. OfGuarded, .. metadata.OfType<RefusalNote>().SelectMany(note => note.Codes)];
        if (operation.RequestBody is not null) codes = codes.Concat(OfBodies);
        if (operation.Parameters?.Any(parameter => parameter.Schema?.Type?.HasFlag(JsonSchemaType.String) != true) == true) codes = codes.Append(ProblemCode.BadRequest);
        return codes.Distinct();
    }

    private static void Parameters(OpenApiOperation operation, IList<object> metadata)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            // The framework takes a list without a default for one that must be given.
            if (parameter.In == ParameterLocation.Query && parameter.Schema?.Type == JsonSchemaType.Array) parameter.Required = false;
        }

        foreach (var header in metadata.OfType<RequestHeaderNote>())
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = header.Name,
                In = ParameterLocation.Header,
                Description = header.Meaning,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }
    }

    private static void Body(OpenApiOperation operation, IList<object> metadata)
    {
        if (metadata.OfType<BodyNote>().LastOrDefault() is { } body)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Description = body.Meaning,
                Content = body.ContentTypes.ToDictionary(
                    type => type,
                    type => new OpenApiMediaType { Schema = new OpenApiSchema { Type = type.EndsWith("json", StringComparison.Ordinal) ? JsonSchemaType.Object : JsonSchemaType.String } },
                    StringComparer.Ordinal),
            };
        }

        if (metadata.OfType<ExampleNote>().LastOrDefault() is { } example && operation.RequestBody?.Content?.Values.FirstOrDefault() is OpenApiMediaType content)
            content.Example = JsonNode.Parse(example.Json);
    }

    private static OpenApiResponse FileAnswer(FileNote file) => new()
    {
        Description = file.Meaning,
        Content = (file.ContentTypes.Count > 0 ? file.ContentTypes : AnyType)
            .ToDictionary(type => type, _ => new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } }, StringComparer.Ordinal),
    };

    private static void Headers(OpenApiOperation operation, IList<object> metadata)
    {
        foreach (var (status, response) in operation.Responses!)
        {
            if (response is not OpenApiResponse own) continue;
            own.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
            own.Headers[CorrelationIds.Header] = Header("Names the request in the server's log.");
            if (status == "201") own.Headers["Location"] = Header("Where the new thing is.");
            foreach (var note in metadata.OfType<HeaderNote>()) own.Headers[note.Name] = Header(note.Meaning);
        }
    }

    private static OpenApiHeader Header(string meaning) => new() { Description = meaning, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    private static void Guard(OpenApiOperation operation, OpenApiDocument document, Role role)
    {
        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DocumentFrame.KeyScheme, document)] = [] }];
        operation.Description = $"{operation.Description?.TrimEnd('.')}. Needs the role `{RoleSet.ToText(role)}`.";
    }

    private static void Refusals(OpenApiOperation operation, OpenApiDocument document, IEnumerable<ProblemCode> codes)
    {
        foreach (var group in codes.GroupBy(code => code.Status).OrderBy(group => group.Key))
        {
            var response = new OpenApiResponse
            {
                Description = string.Join(" ", group.Select(code => $"`{code.Name}`: {code.Meaning}.")),
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    [ProblemType] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(DocumentFrame.ProblemSchema, document) },
                },
                Headers = new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal) { [CorrelationIds.Header] = Header("Names the request in the server's log.") },
            };
            if (group.Key is 429 or 503) response.Headers["Retry-After"] = Header("Seconds after which it may work.");
            operation.Responses![Text(group.Key)] = response;
        }
    }

    /// <summary>Beside the problem details of what comes before the endpoint.</summary>
    private static void Errors(OpenApiOperation operation, ErrorNote note)
    {
        foreach (var status in note.Statuses.Select(Text))
        {
            if (!operation.Responses!.TryGetValue(status, out var found) || found is not OpenApiResponse response)
                operation.Responses[status] = response = new OpenApiResponse { Description = "An error in the words of the contract." };
            response.Content ??= new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal);
            response.Content["application/json"] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.Object, Required = new HashSet<string>(StringComparer.Ordinal) { "error" } } };
            response.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
            response.Headers[CorrelationIds.Header] = Header("Names the request in the server's log.");
        }
    }

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
