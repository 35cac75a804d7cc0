namespace Dispatcher.Web.Tests.Metrics;

/// <summary>The parser of the tests finds what a scraper would choke on.</summary>
public sealed class PrometheusParserTests
{
    [Theory]
    [InlineData("# TYPE a gauge\na 1")]
    [InlineData("a 1\n")]
    [InlineData("# TYPE a gauge\nb 1\n")]
    [InlineData("# TYPE a gauge\na 1\na 2\n")]
    [InlineData("# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na{x=\"1\"} 1\n")]
    [InlineData("# TYPE a gauge\n# TYPE a gauge\na 1\n")]
    [InlineData("# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n")]
    [InlineData("# TYPE a gauge\na{x=\"\\t\"} 1\n")]
    [InlineData("# TYPE a gauge\na{x=\"1} 1\n")]
    [InlineData("# TYPE a gauge\na{1x=\"1\"} 1\n")]
    [InlineData("# TYPE a gauge\na one\n")]
    [InlineData("# TYPE a-b gauge\na-b 1\n")]
    [InlineData("# TYPE a gauge\na 1\n\n")]
    [InlineData("# TYPE a counter\na -1\n")]
    [InlineData("# HELP a bad \\t\n# TYPE a gauge\na 1\n")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n")]
    public void Text_IsRefused_WhenItIsBroken(string text) => Assert.ThrowsAny<FormatException>(() => PrometheusParser.Parse(text, openMetrics: false));

    [Theory]
    [InlineData("# TYPE a gauge\na 1\n")]
    [InlineData("# TYPE a counter\na 1\n# EOF\n")]
    [InlineData("# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n")]
    [InlineData("# HELP a \"x\"\n# TYPE a gauge\na 1\n# EOF\n")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n# EOF\n")]
    public void OpenMetrics_IsRefused_WhenItIsBroken(string text) => Assert.ThrowsAny<FormatException>(() => PrometheusParser.Parse(text, openMetrics: true));
}
