using System.Net;
using System.Text;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Problems;

/// <summary>Bodies that are no JSON, or not the JSON that the endpoint takes: refused with the place and in words of the API.</summary>
public sealed class JsonProblemTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    [Theory]
    [InlineData("""{"workflow":""", "invalid-json", "line 1")]
    [InlineData("""{"workflow":"a",}""", "invalid-json", "trailing comma")]
    [InlineData("{\"workflow\":\"a\"\n,}", "invalid-json", "line 2, byte 2")]
    [InlineData("""{"workflow":"a"} x""", "invalid-json", "'x'")]
    [InlineData("""{"workflow":"a" /* note */}""", "invalid-json", "'/'")]
    [InlineData("""{"workflow":7}""", "invalid-body", "The value is not a text (at $.workflow, line 1, byte 14)")]
    [InlineData("""{"workflow":"a","callback":{"url":null}}""", "invalid-body", "must not be null (at $.callback.url")]
    [InlineData("""{"workflow":"a","version":"1"}""", "invalid-body", "The value is not a number (at $.version")]
    [InlineData("""{"workflow":"a","version":1.5}""", "invalid-body", "whole number")]
    [InlineData("""{"workflow":"a","version":99999999999999999999}""", "invalid-body", "whole number")]
    [InlineData("""{"workflow":"a","zip":1}""", "invalid-body", "There is no field 'zip' (at $.zip")]
    [InlineData("""{"Workflow":"a"}""", "invalid-body", "There is no field 'Workflow'")]
    [InlineData("""{"workflow":"a","workflow":"b"}""", "invalid-body", "The field 'workflow' is there twice")]
    [InlineData("""{"workflow":"a","input":{"b":1,"b":2}}""", "invalid-body", "The field 'b' is there twice (at $.input")]
    [InlineData("""{"workflow":"a","input":{"b":"\ud800"}}""", "invalid-json", "surrogate")]
    [InlineData("""{"workflow":"\ud800"}""", "invalid-json", "surrogate")]
    [InlineData("""{"workflow":"a","callback":{}}""", "invalid-body", "Fields are missing: 'url'")]
    [InlineData("[]", "invalid-body", "The value is not")]
    [InlineData("null", "bad-request", "A JSON body is needed")]
    [InlineData("", "bad-request", "A JSON body is needed")]
    public async Task Body_IsRefusedWithItsPlace_WhenItIsWrong(string body, string code, string part)
    {
        var problem = await Post(Encoding.UTF8.GetBytes(body), HttpStatusCode.BadRequest);
        Assert.Equal(code, problem.Code);
        Assert.Contains(part, problem.Detail, StringComparison.Ordinal);
        Assert.All(new[] { "System.", "Dispatcher.", "CreateJobRequest", "Change the reader options" }, inner => Assert.DoesNotContain(inner, problem.Json.GetRawText(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{\"workflow\":\"a", "\"}")]
    [InlineData("{\"workflow\":\"a\",\"input\":{\"b\":\"", "\"}}")]
    [InlineData("{\"workflow\":\"a\",\"input\":{\"", "\":1}}")]
    public async Task Body_IsRefused_WhenAByteIsNotUtf8(string before, string after)
    {
        var problem = await Post([.. Encoding.UTF8.GetBytes(before), 0xff, .. Encoding.UTF8.GetBytes(after)], HttpStatusCode.BadRequest);
        Assert.Equal("invalid-json", problem.Code);
        Assert.Contains("UTF-8", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_IsRefused_WhenItIsNestedTooDeep()
    {
        var problem = await Post(Encoding.UTF8.GetBytes($$$"""{"workflow":"a","input":{"b":{{{new string('[', 10_000)}}}{{{new string(']', 10_000)}}} }}"""), HttpStatusCode.BadRequest);
        Assert.Equal("invalid-body", problem.Code);
        Assert.Contains("64 levels", problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=nonsense")]
    [InlineData(null)]
    public async Task Body_IsRefused_WhenItDoesNotSayThatItIsJson(string? contentType) =>
        Assert.Equal("unsupported-media-type", (await Post("{}"u8.ToArray(), HttpStatusCode.UnsupportedMediaType, contentType)).Code);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Body_IsRefused_WhenItIsTooLarge(bool isChunked)
    {
        using var client = fixture.Service.Client();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes($$"""{"workflow":"{{new string('a', 70_000)}}"}""")) { Headers = { { "Content-Type", "application/json" } } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/jobs") { Content = content, Headers = { TransferEncodingChunked = isChunked } };
        if (isChunked) content.Headers.ContentLength = null;
        using var answer = await client.SendAsync(request);
        var problem = await ProblemBody.Read(answer);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "too-large"), (problem.Status, problem.Code));
    }

    private async Task<ProblemBody> Post(byte[] body, HttpStatusCode expected, string? contentType = "application/json")
    {
        using var client = fixture.Service.Client();
        using var content = new ByteArrayContent(body);
        if (contentType is not null) content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        using var answer = await client.PostAsync("/api/v1/jobs", content);
        var problem = await ProblemBody.Read(answer);
        Assert.Equal(expected, problem.Status);
        return problem;
    }
}
