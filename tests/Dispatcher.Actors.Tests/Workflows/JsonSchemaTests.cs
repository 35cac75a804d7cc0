using System.Diagnostics;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Workflows;

public class JsonSchemaTests
{
    [Theory]
    [InlineData("{}", "5")]
    [InlineData("""{"type":"integer"}""", "1.0")]
    [InlineData("""{"type":["string","null"]}""", "null")]
    [InlineData("""{"type":"number","minimum":1,"maximum":1}""", "1.0")]
    [InlineData("""{"enum":[1,"a",{"x":[1]}]}""", """{"x":[1.0]}""")]
    [InlineData("""{"const":null}""", "null")]
    [InlineData("""{"pattern":"^a+$"}""", "\"aaa\"")]
    [InlineData("""{"pattern":"b"}""", "\"abc\"")]
    [InlineData("""{"minLength":2,"maxLength":2}""", "\"😀😀\"")]
    [InlineData("""{"minItems":1,"maxItems":2,"items":{"type":"boolean"}}""", "[true]")]
    [InlineData("""{"properties":{"a":{"type":"string"}},"additionalProperties":true}""", """{"b":1}""")]
    [InlineData("""{"minimum":5,"minLength":9,"required":["a"]}""", "true")]
    public void Validate_FindsNothing_WhenTheValueFits(string schema, string value) =>
        Assert.Empty(JsonSchema.Parse(schema).Validate(Examples.Json(value)));

    [Theory]
    [InlineData("""{"type":"integer"}""", "1.5", "must be integer, not number")]
    [InlineData("""{"type":["string","null"]}""", "true", "must be string or null, not boolean")]
    [InlineData("""{"minimum":1}""", "0.5", "must be at least 1, not 0.5")]
    [InlineData("""{"maximum":1}""", "1e300", "must be at most 1, not 1e300")]
    [InlineData("""{"enum":["a","b"]}""", "\"c\"", "must be one of \"a\", \"b\"")]
    [InlineData("""{"const":1}""", "2", "must be 1")]
    [InlineData("""{"pattern":"^a+$"}""", "\"b\"", "must match the pattern ^a+$")]
    [InlineData("""{"minLength":2}""", "\"😀\"", "must have at least 2 characters, not 1")]
    [InlineData("""{"maxLength":2}""", "\"abc\"", "must have at most 2 characters, not 3")]
    [InlineData("""{"minItems":2}""", "[1]", "must have at least 2 items, not 1")]
    [InlineData("""{"maxItems":0}""", "[1]", "must have at most 0 items, not 1")]
    [InlineData("""{"items":{"type":"string"}}""", "[\"a\",1]", "[1]: must be string, not number")]
    [InlineData("""{"properties":{"a b":{"items":{"type":"string"}}}}""", """{"a b":[1]}""", "[\"a b\"][0]: must be string, not number")]
    [InlineData("""{"properties":{"size":{}},"additionalProperties":false}""", """{"sise":1}""", "sise: is not a known property (did you mean 'size'?); known are size")]
    [InlineData("""{"type":"string"}""", "\"\\ud800\"", "a text in it is not valid Unicode")]
    public void Validate_NamesTheFault_WhenTheValueDoesNotFit(string schema, string value, string fault) =>
        Assert.Equal(fault, Assert.Single(JsonSchema.Parse(schema).Validate(Examples.Json(value))).ToString());

    [Fact]
    public void Validate_ListsEveryFault_WhenThereAreMany()
    {
        var schema = JsonSchema.Parse("""{"type":"object","required":["a","b"],"properties":{"c":{"type":"string"},"d":{"properties":{"e":{"minimum":3}}}}}""");
        Assert.Equal(
            ["the property 'a' is required", "the property 'b' is required", "c: must be string, not number", "d.e: must be at least 3, not 2"],
            schema.Validate(Examples.Json("""{"c":1,"d":{"e":2}}""")).Select(fault => fault.ToString()));
    }

    [Fact]
    public void Validate_TreatsNoValueAsAnEmptyObject_WhenAnObjectIsAllowed()
    {
        Assert.Empty(JsonSchema.Parse("""{"type":"object"}""").Validate(null));
        Assert.Equal("the property 'a' is required", Assert.Single(JsonSchema.Parse("""{"required":["a"]}""").Validate(null)).ToString());
        Assert.Equal("a value is required: string", Assert.Single(JsonSchema.Parse("""{"type":"string"}""").Validate(null)).ToString());
        Assert.Empty(JsonSchema.Parse("""{"type":["string","null"]}""").Validate(null));
    }

    [Theory]
    [InlineData("[]", "", "a schema is an object")]
    [InlineData("{", "", "it is not JSON")]
    [InlineData("""{"typ":"string"}""", "typ", "(did you mean 'type'?); supported are type, required")]
    [InlineData("""{"oneOf":[]}""", "oneOf", "not supported")]
    [InlineData("""{"type":"text"}""", "type", "'text' is not a type")]
    [InlineData("""{"type":5}""", "type", "a type's name or a list of them")]
    [InlineData("""{"type":[]}""", "type", "at least one")]
    [InlineData("""{"required":"a"}""", "required", "a list of names")]
    [InlineData("""{"required":["a"],"additionalProperties":false}""", "required", "'a' is required but not among the properties")]
    [InlineData("""{"properties":[]}""", "properties", "an object of schemas")]
    [InlineData("""{"properties":{"a":{"items":{"minimum":"1"}}}}""", "properties.a.items.minimum", "a number")]
    [InlineData("""{"additionalProperties":{}}""", "additionalProperties", "true or false")]
    [InlineData("""{"enum":[]}""", "enum", "at least one value")]
    [InlineData("""{"pattern":"("}""", "pattern", "not a regular expression")]
    [InlineData("""{"pattern":"(a)\\1"}""", "pattern", "look-around, back-references")]
    [InlineData("""{"minLength":-1}""", "minLength", "0 or more")]
    [InlineData("""{"minLength":3,"maxLength":2}""", "minLength", "above maxLength 2")]
    [InlineData("""{"minItems":3,"maxItems":2}""", "minItems", "above maxItems 2")]
    [InlineData("""{"minimum":3,"maximum":2}""", "minimum", "above maximum 2")]
    [InlineData("""{"type":"string","default":5}""", "default", "does not fit its own schema")]
    [InlineData("""{"description":5}""", "description", "a text")]
    public void Parse_NamesTheFault_WhenTheSchemaIsWrong(string schema, string path, string message)
    {
        var fault = Assert.Single(Assert.Throws<JsonSchemaException>(() => JsonSchema.Parse(schema)).Faults);
        Assert.Equal(path, fault.Path);
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_ListsEveryFault_WhenThereAreMany()
    {
        var exception = Assert.Throws<JsonSchemaException>(() => JsonSchema.Parse("""{"type":"x","minItems":1.5,"foo":1}"""));
        Assert.Equal(["foo", "type", "minItems"], exception.Faults.Select(fault => fault.Path));
    }

    [Fact]
    public void Parse_RefusesTheSchema_WhenItNestsTooDeep()
    {
        var json = string.Concat(Enumerable.Repeat("{\"items\":", 70)) + "{}" + new string('}', 70);
        var element = System.Text.Json.JsonElement.Parse(json, new System.Text.Json.JsonDocumentOptions { MaxDepth = 100 });
        Assert.Contains("64 deep", Assert.Throws<JsonSchemaException>(() => JsonSchema.Parse(element)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("(a|aa)+$")]
    [InlineData("((a{0,50}){0,50}){0,50}b")]
    [InlineData("(.*a){25}b")]
    public void Validate_ComesBackSoon_WhenThePatternIsHostile(string pattern)
    {
        var watch = Stopwatch.StartNew();
        try
        {
            _ = JsonSchema.Parse($"{{\"pattern\":\"{pattern}\"}}").Validate(Examples.Json($"\"{new string('a', 100_000)}!\""));
        }
        catch (JsonSchemaException exception)
        {
            Assert.Contains("very large repetitions", exception.Message, StringComparison.Ordinal);
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"{pattern} took {watch.Elapsed}");
    }

    [Theory]
    [InlineData("""{"type":"integer"}""", "\"${input.x}\"")]
    [InlineData("""{"type":"object","required":["a"]}""", "\"${input}\"")]
    [InlineData("""{"type":"string","pattern":"^x$"}""", "\"a ${input.x}\"")]
    [InlineData("""{"type":"string","enum":["${a}"]}""", "\"$${a}\"")]
    [InlineData("""{"enum":[{"a":1}]}""", """{"a":"${input.x}"}""")]
    [InlineData("""{"items":{"type":"integer"}}""", """[1,"${input.x}"]""")]
    public void ValidateTemplate_AcceptsExpressions_WhenTheirValuesAreUnknown(string schema, string value) =>
        Assert.Empty(JsonSchema.Parse(schema).ValidateTemplate(Examples.Json(value)));

    [Theory]
    [InlineData("""{"type":"integer"}""", "\"a ${input.x}\"", "must be integer, not string")]
    [InlineData("""{"type":"integer"}""", "\"$${input.x}\"", "must be integer, not string")]
    [InlineData("""{"maxLength":2}""", "\"abc\"", "must have at most 2 characters, not 3")]
    [InlineData("""{"maxLength":2}""", "\"$${\"", null)]
    public void ValidateTemplate_StillChecks_WhenTheValueIsKnown(string schema, string value, string? fault) =>
        Assert.Equal(fault, JsonSchema.Parse(schema).ValidateTemplate(Examples.Json(value)).SingleOrDefault()?.ToString());

    [Fact]
    public void ApplyDefaults_FillsWhatIsMissing_WhenTheSchemaHasDefaults()
    {
        var schema = JsonSchema.Parse("""
            {"properties":{"a":{"default":1},"b":{"properties":{"c":{"default":[2]}}},"d":{"default":{},"properties":{"e":{"default":null}}},"l":{"items":{"properties":{"x":{"default":"y"}}}}}}
            """);
        Assert.Equal("""{"a":1,"d":{"e":null}}""", schema.ApplyDefaults(null).GetRawText());
        Assert.Equal("""{"a":null,"b":{"c":[2]},"l":[{"x":1},{"x":"y"},3],"d":{"e":null}}""", schema.ApplyDefaults(Examples.Json("""{"a":null,"b":{},"l":[{"x":1},{},3]}""")).GetRawText());
        Assert.Equal("5", schema.ApplyDefaults(Examples.Json("5")).GetRawText());
    }
}
