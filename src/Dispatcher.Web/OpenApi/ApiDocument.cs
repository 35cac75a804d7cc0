using Dispatcher.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Dispatcher.Web.OpenApi;

/// <summary>The gateway as an OpenAPI 3.1 document at <c>/openapi/v1.json</c>, made from the endpoints themselves and their doc comments.</summary>
internal static class ApiDocument
{
    private const string Name = "v1";

    public static IServiceCollection AddApiDocument(this IServiceCollection services) => services.AddOpenApi(Name, options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        // Endpoints without a rule are the application's own.
        options.ShouldInclude = endpoint => endpoint.ActionDescriptor.EndpointMetadata.OfType<AccessRule>().Any();
        options.AddSchemaTransformer<SchemaForms>();
        options.AddOperationTransformer<OperationNotes>();
        options.AddDocumentTransformer<DocumentFrame>();
        options.AddDocumentTransformer<AnswerSchemas>();
    });

    public static void MapApiDocument(this IEndpointRouteBuilder app) =>
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymousAccess();
}
