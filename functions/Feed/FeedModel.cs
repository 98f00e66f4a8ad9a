using Atp.Core.Health;
using Microsoft.OData.Edm;
using Microsoft.OData.Edm.Csdl;
using Microsoft.OData.Edm.Vocabularies;
using Microsoft.OData.Edm.Vocabularies.V1;

namespace Atp.Functions.Feed;

/// <summary>What the feed says of itself: an entity set for each table that analysts read, by the name and with the columns of the table.</summary>
internal static class FeedModel
{
    /// <summary>The only function of OData that a filter may call.</summary>
    public const string StartsWith = "startswith";

    /// <summary>Tables hold times to a ten-millionth of a second.</summary>
    private const int DigitsOfSeconds = 7;

    private const string Namespace = "atp";

    public static IEdmModel Edm { get; } = Create();

    public static IEdmEntitySet SetOf(ReportingTable table) => Edm.EntityContainer.FindEntitySet(table.Name);

    private static EdmModel Create()
    {
        var model = new EdmModel();
        var container = new EdmEntityContainer(Namespace, "feed");
        model.AddElement(container);
        foreach (var table in ReportingTables.All)
        {
            var type = new EdmEntityType(Namespace, table.Name);
            foreach (var column in table.Columns)
            {
                type.AddStructuralProperty(column.Name, TypeOf(column.Type));
            }

            type.AddKeys(table.Key.Select(column => (IEdmStructuralProperty)type.FindProperty(column.Name)));
            model.AddElement(type);
            var set = container.AddEntitySet(table.Name, type);
            Annotate(model, set, "IndexableByKey", new EdmBooleanConstant(false));
            Annotate(model, set, "CountRestrictions", new EdmRecordExpression(new EdmPropertyConstructor("Countable", new EdmBooleanConstant(false))));
        }

        // Readers that know these do by themselves what the feed doesn't.
        Annotate(model, container, "FilterFunctions", new EdmCollectionExpression(new EdmStringConstant(StartsWith)));
        return model;
    }

    private static void Annotate(EdmModel model, IEdmVocabularyAnnotatable target, string capability, IEdmExpression value)
    {
        var annotation = new EdmVocabularyAnnotation(
            target, CapabilitiesVocabularyModel.Instance.FindDeclaredTerm($"Org.OData.Capabilities.V1.{capability}"), value);
        annotation.SetSerializationLocation(model, EdmVocabularyAnnotationSerializationLocation.Inline);
        model.AddVocabularyAnnotation(annotation);
    }

    private static IEdmTypeReference TypeOf(ReportingType type) => type switch
    {
        ReportingType.Text => EdmCoreModel.Instance.GetString(isNullable: false),
        ReportingType.Time => EdmCoreModel.Instance.GetTemporal(EdmPrimitiveTypeKind.DateTimeOffset, DigitsOfSeconds, isNullable: false),
        _ => EdmCoreModel.Instance.GetInt32(isNullable: false),
    };
}
