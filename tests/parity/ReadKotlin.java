import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import kotlin.Metadata;
import kotlin.jvm.JvmClassMappingKt;
import kotlin.reflect.KCallable;
import kotlin.reflect.KClass;
import kotlin.reflect.KDeclarationContainer;
import kotlin.reflect.KFunction;
import kotlin.reflect.KMutableProperty;
import kotlin.reflect.KParameter;
import kotlin.reflect.KProperty;
import kotlin.reflect.KVisibility;
import kotlin.reflect.full.KClasses;
import kotlin.reflect.jvm.ReflectJvmMapping;
import kotlin.reflect.jvm.internal.ReflectionFactoryImpl;

/**
 * What the classes of a folder offer, by reflection: a line of path, default and words for each name, parted by tabs.
 * A path in the package of components begins with its name: `component/Func.type`.
 */
class ReadKotlin {
    /** What every class has, or every enum. */
    static final Set<String> EVERYWHERE = Set.of("equals", "hashCode", "toString", "entries", "valueOf", "values");

    static final String COMPONENT = "dev.trimaran.component.";

    static final Set<String> lines = new TreeSet<>();

    public static void main(String[] arguments) throws Exception {
        read(Path.of(arguments[0], "dev/trimaran"), "dev.trimaran.");
        read(Path.of(arguments[0], "dev/trimaran/component"), COMPONENT);
        lines.forEach(System.out::println);
    }

    static void read(Path folder, String space) throws Exception {
        try (var files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                if (!name.endsWith(".class") || name.contains("$")) continue;
                Class<?> type = Class.forName(space + name.substring(0, name.length() - 6));
                Metadata metadata = type.getAnnotation(Metadata.class);
                if (!Modifier.isPublic(type.getModifiers()) || metadata == null) continue;
                if (metadata.k() == 1) describe(space(type), JvmClassMappingKt.getKotlinClass(type));
                else members(space(type), new ReflectionFactoryImpl().getOrCreateKotlinPackage(type, ""), Map.of());
            }
        }
    }

    static String space(Class<?> type) {
        return type.getName().startsWith(COMPONENT) ? "component/" : "";
    }

    static void describe(String owner, KClass<?> type) {
        if (type.getVisibility() != KVisibility.PUBLIC) return;
        String path = owner + type.getSimpleName();
        boolean companion = type.isCompanion();
        if (!companion) line(path, "", type.getSimpleName());
        Map<String, String> defaults = defaults(type);
        members(companion ? owner : path + ".", type, defaults);
        if (!type.isAbstract() && !type.isSealed()) {
            for (KFunction<?> made : type.getConstructors())
                if (made.getVisibility() == KVisibility.PUBLIC) line(path + ".new", "", words(type.getSimpleName(), made));
        }
        if (JvmClassMappingKt.getJavaClass(type).isEnum()) {
            for (Object constant : JvmClassMappingKt.getJavaClass(type).getEnumConstants())
                line(path + "." + ((Enum<?>) constant).name(), "", ((Enum<?>) constant).name());
        }
        for (KClass<?> nested : type.getNestedClasses()) describe(path + ".", nested);
    }

    static void members(String owner, KDeclarationContainer holder, Map<String, String> defaults) {
        for (KCallable<?> member : holder.getMembers()) {
            String name = member.getName();
            if (member.getVisibility() != KVisibility.PUBLIC || EVERYWHERE.contains(name)) continue;
            if (holder instanceof KClass<?> type && type.isData() && name.matches("copy|component\\d+")) continue;
            if (!ours(member)) continue;
            String path = receiver(owner, member) + name;
            boolean property = member instanceof KProperty;
            line(path, property ? defaults.getOrDefault(name, "") : "", property ? name : words(name, member));
            if (member instanceof KMutableProperty<?> settable
                    && settable.getSetter().getVisibility() == KVisibility.PUBLIC) {
                line(receiver(owner, member) + "set_" + name, "", name + " =");
            }
        }
    }

    /** Whether it is no inheritance from Java. */
    static boolean ours(KCallable<?> member) {
        Method method = member instanceof KFunction<?> function
                ? ReflectJvmMapping.getJavaMethod(function)
                : ReflectJvmMapping.getJavaGetter((KProperty<?>) member);
        return method == null || method.getDeclaringClass().getName().startsWith("dev.trimaran");
    }

    /** An extension belongs to what it extends. */
    static String receiver(String owner, KCallable<?> member) {
        for (KParameter parameter : member.getParameters())
            if (parameter.getKind() == KParameter.Kind.EXTENSION_RECEIVER
                    && parameter.getType().getClassifier() instanceof KClass<?> type)
                return space(JvmClassMappingKt.getJavaClass(type)) + type.getSimpleName() + ".";
        return owner;
    }

    static String words(String name, KCallable<?> member) {
        List<String> names = new ArrayList<>();
        for (KParameter parameter : member.getParameters())
            if (parameter.getKind() == KParameter.Kind.VALUE) names.add(parameter.getName());
        return name + "(" + String.join(", ", names) + ")";
    }

    static void line(String path, String preset, String words) {
        lines.add(path + "\t" + preset + "\t" + words);
    }

    /** The values that properties have where nothing is said. */
    static Map<String, String> defaults(KClass<?> type) {
        Map<String, String> found = new HashMap<>();
        KFunction<?> constructor = KClasses.getPrimaryConstructor(type);
        if (constructor == null || constructor.getVisibility() != KVisibility.PUBLIC) return found;
        try {
            Map<KParameter, Object> given = given(constructor);
            Object made = constructor.callBy(given);
            Set<String> said = new TreeSet<>();
            given.keySet().forEach(parameter -> said.add(parameter.getName()));
            for (var property : KClasses.getMemberProperties(type))
                if (property.getVisibility() == KVisibility.PUBLIC && !said.contains(property.getName()))
                    found.put(property.getName(), String.valueOf(property.call(made)));
        } catch (Exception | LinkageError problem) {
            // It cannot be made of plain values: then it has no defaults that matter here.
            return found;
        }
        return found;
    }

    static Map<KParameter, Object> given(KFunction<?> constructor) throws ReflectiveOperationException {
        Map<KParameter, Object> given = new HashMap<>();
        for (KParameter parameter : constructor.getParameters())
            if (!parameter.isOptional()) given.put(parameter, sample((KClass<?>) parameter.getType().getClassifier()));
        return given;
    }

    /** Any value of a type. */
    static Object sample(KClass<?> type) throws ReflectiveOperationException {
        Class<?> java = JvmClassMappingKt.getJavaObjectType(type);
        if (java == String.class) return "x";
        if (java == Boolean.class) return false;
        if (java == Byte.class) return (byte) 1;
        if (java == Integer.class) return 1;
        if (java == Long.class) return 1L;
        if (java == byte[].class) return new byte[0];
        if (java == List.class) return List.of();
        for (KClass<?> variant : type.getSealedSubclasses())
            if (variant.getObjectInstance() != null) return variant.getObjectInstance();
        KFunction<?> constructor = KClasses.getPrimaryConstructor(type);
        // One that is not public may take the address of a native object, which no sample is.
        if (constructor == null || constructor.getVisibility() != KVisibility.PUBLIC)
            throw new ReflectiveOperationException("no value of " + type);
        return constructor.callBy(given(constructor));
    }
}
