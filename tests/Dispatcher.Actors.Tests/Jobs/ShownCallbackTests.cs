using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;

namespace Dispatcher.Actors.Tests.Jobs;

public sealed class ShownCallbackTests
{
    [Theory]
    [InlineData("https://hooks.example.org/a/b", "https://hooks.example.org/a/b")]
    [InlineData("https://hooks.example.org:8443/a?key=s3cret&x=1", "https://hooks.example.org:8443/a?***")]
    [InlineData("http://ann:s3cret@example.org/?s3cret", "http://***@example.org/?***")]
    [InlineData("http://ann@example.org", "http://***@example.org/")]
    [InlineData("s3cret", "***")]
    public void Url_IsShown_WithoutQueryAndUser(string url, string shown) => Assert.Equal(shown, ShownCallback.Url(url));

    [Fact]
    public void Event_IsShownAsItIs_WhenItHoldsNoSecret()
    {
        ReadOnlyMemory<byte>[] payloads = [Created(null), Created("https://example.org/a"), Bytes("""{"spec":{"callback":7}}"""), Bytes("""{"input":{"callback":{"url":"http://example.org?a"}}}"""), Bytes("[]")];
        Assert.All(payloads, payload => Assert.True(payload.Equals(ShownCallback.Event("job.created", payload))));
        Assert.True(Created("https://example.org/?s3cret") is var other && other.Equals(ShownCallback.Event("job.started", other)));
    }

    [Fact]
    public void Event_IsShownWithoutTheSecret_AndElseAsItIs()
    {
        var shown = ShownCallback.Event("job.created", Created("https://example.org/ä?key=s3cret"));

        var json = JsonNode.Parse(shown.Span)!;
        Assert.DoesNotContain("s3cret", Encoding.UTF8.GetString(shown.Span), StringComparison.Ordinal);
        Assert.Equal("https://example.org/%C3%A4?***", json["spec"]!["callback"]!["url"]!.GetValue<string>());
        json["spec"]!["callback"]!["url"] = "https://example.org/ä?key=s3cret";
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Created("https://example.org/ä?key=s3cret").Span), json));
        Assert.Contains("12345678901234567890.50", Encoding.UTF8.GetString(shown.Span), StringComparison.Ordinal);
    }

    private static ReadOnlyMemory<byte> Created(string? url)
    {
        var spec = new JobSpec
        {
            Workflow = new WorkflowReference("render", 1, "hash"),
            Input = JsonElement.Parse("""{"callback":{"url":"mine?kept"},"big":12345678901234567890.50}"""),
            Callback = url is null ? null : new CallbackSpec(url),
        };
        var at = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        return EventCodec.Encode(new JobEvent.Submitted(JobId.Parse("0199a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"), spec, Principal.Engine, at));
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
