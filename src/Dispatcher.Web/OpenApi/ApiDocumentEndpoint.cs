using Dispatcher.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Dispatcher.Web.OpenApi;

/// <summary>Where and of what <see cref="ApiDocument"/> is made.</summary>
internal static class ApiDocumentEndpoint
{
    public static IServiceCollection AddApiDocument(this IServiceCollection services) => services.AddSingleton<ApiDocument>().AddOpenApi(ApiDocument.Name, options =>
    {
        // Endpoints without a rule are the application's own.
        options.ShouldInclude = endpoint => endpoint.ActionDescriptor.EndpointMetadata.OfType<AccessRule>().Any();
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddSchemaTransformer<SchemaForms>();
        options.AddOperationTransformer<OperationNotes>();
        options.AddDocumentTransformer<DocumentFrame>();
        options.AddDocumentTransformer<AnswerSchemas>();
    });

    public static void MapApiDocument(this IEndpointRouteBuilder app) =>
        app.MapGet("/openapi/v1.json", ApiDocument.Get).AllowAnonymousAccess().ExcludeFromDescription();
}
