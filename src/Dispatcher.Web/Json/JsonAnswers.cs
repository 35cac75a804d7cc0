using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Dispatcher.Web.Json;

/// <summary>Answers of endpoints that are called often; they say of themselves, for the API's description, what they are.</summary>
internal static class JsonAnswers
{
    public static JsonOk<T> Ok<T>(T value) => new(value);

    public static JsonCreated<T> Created<T>(string location, T value) => new(location, value);

    public static JsonMultiStatus<T> MultiStatus<T>(T value) => new(value);

    /// <summary>Tells the API's description of the answer.</summary>
    internal static void Describe<T>(EndpointBuilder endpoint, int status) =>
        endpoint.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(T), ["application/json"]));
}

/// <summary>200 with a body.</summary>
internal sealed class JsonOk<T>(T value) : IResult, IEndpointMetadataProvider
{
    public Task ExecuteAsync(HttpContext httpContext) => JsonBody.Write(httpContext, StatusCodes.Status200OK, value);

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => JsonAnswers.Describe<T>(builder, StatusCodes.Status200OK);
}

/// <summary>201 with a body and the place of what was made.</summary>
internal sealed class JsonCreated<T>(string location, T value) : IResult, IEndpointMetadataProvider
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.Headers.Location = location;
        return JsonBody.Write(httpContext, StatusCodes.Status201Created, value);
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => JsonAnswers.Describe<T>(builder, StatusCodes.Status201Created);
}

/// <summary>207 with an answer for each of many things.</summary>
internal sealed class JsonMultiStatus<T>(T value) : IResult, IEndpointMetadataProvider
{
    public Task ExecuteAsync(HttpContext httpContext) => JsonBody.Write(httpContext, StatusCodes.Status207MultiStatus, value);

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => JsonAnswers.Describe<T>(builder, StatusCodes.Status207MultiStatus);
}
