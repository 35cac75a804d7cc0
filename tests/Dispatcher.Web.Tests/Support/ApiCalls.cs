using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Dispatcher.Web.Tests.Support;

/// <summary>Requests as a client with or without a key sends them.</summary>
internal static class ApiCalls
{
    public static async Task<HttpResponseMessage> Send(this TestService service, HttpMethod method, string path, string? key = null, object? body = null)
    {
        using var client = service.Client();
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return await client.SendAsync(request);
    }

    public static async Task<HttpStatusCode> Status(this TestService service, HttpMethod method, string path, string? key = null, object? body = null)
    {
        using var answer = await service.Send(method, path, key, body);
        return answer.StatusCode;
    }

    public static async Task<JsonElement> Json(this TestService service, HttpMethod method, string path, string? key = null, object? body = null, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await service.Send(method, path, key, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"{(int)answer.StatusCode}: {text}");
        return JsonElement.Parse(text);
    }

    /// <summary>Makes a key over REST.</summary>
    public static async Task<(string Id, string Text)> MakeKey(this TestService service, string? by, params string[] roles)
    {
        var made = await service.Json(HttpMethod.Post, "/api/v1/keys", by, new { roles }, HttpStatusCode.Created);
        return (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
    }
}
