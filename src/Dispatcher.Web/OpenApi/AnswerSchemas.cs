using Dispatcher.Web.Jobs.Creating;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Dispatcher.Web.OpenApi;

/// <summary>
/// Says of answers what holds for them: a field without a value is absent, never null; and there may be more fields one day. Requests stay strict.
/// </summary>
internal sealed class AnswerSchemas : IOpenApiDocumentTransformer
{
    private const string RequestSuffix = "Request";

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        NameItemsOfBatches(document);
        foreach (var (name, schema) in document.Components?.Schemas ?? new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal))
        {
            if (schema is not OpenApiSchema answer || name.EndsWith(RequestSuffix, StringComparison.Ordinal)) continue;
            if (answer.Properties is { Count: > 0 }) answer.AdditionalPropertiesAllowed = true;
            foreach (var (property, form) in answer.Properties?.ToList() ?? [])
            {
                if (WithoutNull(form) is not { } plain) continue;
                answer.Properties![property] = plain;
                answer.Required?.Remove(property);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>A batch reads its items one by one, so its type does not tell what they are.</summary>
    private static void NameItemsOfBatches(OpenApiDocument document)
    {
        if (document.Components?.Schemas?.TryGetValue(nameof(BatchRequest), out var batch) == true && batch.Properties?["jobs"] is OpenApiSchema jobs)
            jobs.Items = new OpenApiSchemaReference(nameof(CreateJobRequest), document);
    }

    /// <summary>The schema without null; null if it has none.</summary>
    private static IOpenApiSchema? WithoutNull(IOpenApiSchema schema)
    {
        if (schema is not OpenApiSchema own) return null;
        if (own.OneOf is [{ Type: JsonSchemaType.Null }, var other]) return other;
        if (own.Type is not { } type || !type.HasFlag(JsonSchemaType.Null)) return null;
        own.Type = type & ~JsonSchemaType.Null;
        return own;
    }
}
