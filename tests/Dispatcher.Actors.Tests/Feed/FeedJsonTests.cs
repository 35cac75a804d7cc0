using System.Text;
using System.Text.Json;
using Dispatcher.Actors.Tests.Store;
using Dispatcher.Feed;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Feed;

public sealed class FeedJsonTests
{
    [Fact]
    public void Json_IsTheEnvelopeAndThePayloadAsStored_WhenAnEventIsRendered()
    {
        var rendered = Render("""{"step":"ä","big":12345678901234567890,"same":1.50}""", new JobAddress("acme", "render", "c\"1"));

        Assert.Equal(
            $$$"""{"id":"o77","job_id":"{{{StoreSamples.Id(1)}}}","seq":5,"type":"step.started","at":"2026-03-01T12:00:00+00:00","tenant":"acme","workflow":"render","correlation_id":"c\"1","data":{"step":"ä","big":12345678901234567890,"same":1.50}}""",
            rendered);
    }

    [Theory]
    [InlineData("{\n  \"a\": \"x\",\r\n  \"b\": 1\n}", """{"a":"x","b":1}""")]
    [InlineData("", "{}")]
    public void Json_IsOneLine_WhateverWasStored(string payload, string data)
    {
        var rendered = Render(payload, new JobAddress("acme", "line\nbreak", null));

        Assert.DoesNotContain('\n', rendered);
        Assert.DoesNotContain('\r', rendered);
        var json = JsonElement.Parse(rendered);
        Assert.Equal((data, "line\nbreak"), (json.GetProperty("data").GetRawText(), json.GetProperty("workflow").GetString()));
    }

    [Fact]
    public void Json_IsRenderedOnce_ForAllSubscribers()
    {
        var shared = Event("{}", JobAddress.Unknown);
        Assert.True(shared.Json.Equals(shared.Json));
    }

    [Theory]
    [InlineData("17", false)]
    [InlineData("o", false)]
    [InlineData("o-1", false)]
    [InlineData("o 1", false)]
    [InlineData("o9223372036854775808", false)]
    [InlineData("", false)]
    [InlineData("o0", true)]
    [InlineData("o9223372036854775807", true)]
    public void Position_OfATenant_IsRead(string text, bool isPosition)
    {
        var scope = new FeedScope.OfTenant("acme");
        Assert.Equal(isPosition, scope.TryRead(text, out var position));
        if (isPosition) Assert.Equal(text, scope.Write(position));
    }

    [Theory]
    [InlineData("o17", false)]
    [InlineData("1.5", false)]
    [InlineData("17", true)]
    public void Position_OfAJob_IsRead(string text, bool isPosition)
    {
        var scope = new FeedScope.OfJob(StoreSamples.Id(1), JobAddress.Unknown);
        Assert.Equal(isPosition, scope.TryRead(text, out var position));
        if (isPosition) Assert.Equal(text, scope.Write(position));
    }

    [Theory]
    [InlineData("job.completed,nonsense", "nonsense")]
    [InlineData("job", "job")]
    [InlineData("step.*,*", "*")]
    public void Types_AreRefused_WhenOneIsNone(string text, string unknown)
    {
        Assert.False(FeedTypes.TryRead(text, out _, out var found));
        Assert.Equal(unknown, found);
    }

    private static string Render(string payload, JobAddress address) => Encoding.UTF8.GetString(Event(payload, address).Json.Span);

    private static FeedEvent Event(string payload, JobAddress address) =>
        new(StoreSamples.Id(1), address, ordering: 77, sequenceNr: 5, "step.started", StoreSamples.Noon, Encoding.UTF8.GetBytes(payload));
}
