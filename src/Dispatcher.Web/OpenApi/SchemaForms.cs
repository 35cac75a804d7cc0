using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Dispatcher.Web.OpenApi;

/// <summary>The JSON forms of types that write themselves, which the framework cannot know.</summary>
internal sealed class SchemaForms : IOpenApiSchemaTransformer
{
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (type == typeof(JobId)) Text(schema, "uuid", "A job's id: opaque.");
        else if (type == typeof(Rfc3339)) Text(schema, "date-time", "A time as in RFC 3339, with its offset from UTC.");
        else if (schema.Items is null && ElementOf(type) == typeof(JobId)) schema.Items = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uuid", Description = "A job's id." };
        else if (schema.Items is null && ElementOf(type) == typeof(JsonElement)) schema.Items = new OpenApiSchema { Description = "Any JSON." };
        else if (type == typeof(JsonElement)) schema.Description ??= "Any JSON.";
        else if (type.IsEnum) Words(schema);
        return Task.CompletedTask;
    }

    private static Type? ElementOf(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    private static void Text(OpenApiSchema schema, string format, string description)
    {
        schema.Type = JsonSchemaType.String;
        schema.Format = format;
        schema.Description ??= description;
        schema.Properties?.Clear();
        schema.Required?.Clear();
        schema.AdditionalPropertiesAllowed = true;
        schema.AdditionalProperties = null;
    }

    /// <summary>A value that only the program knows, and null, are no words of the API.</summary>
    private static void Words(OpenApiSchema schema)
    {
        if (schema.Enum is not { Count: > 0 } words) return;
        schema.Type = JsonSchemaType.String;
        schema.Enum = [.. words.Where(word => word is not null && !(word.GetValueKind() == JsonValueKind.String && word.GetValue<string>() == "none"))];
    }
}
