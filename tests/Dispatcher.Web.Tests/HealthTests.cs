using System.Net;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests;

public sealed class HealthTests
{
    [Fact]
    public async Task Live_Answers_WhenTheServiceRuns()
    {
        using var directory = new TemporaryDirectory();
        await using var service = await TestService.Start(directory.Path);
        using var client = service.Client();

        var answer = await client.GetAsync("/health/live");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("""{"status":"live"}""", await answer.Content.ReadAsStringAsync());
    }
}
